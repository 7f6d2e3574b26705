create table intercom.conversation_handling_events (
    workspace_id    text not null,
    id              text not null,
    conversation_id text,
    event_type      text,
    occurred_at     timestamptz,
    reason          text,
    teammate_type   text,
    teammate_id     text,
    teammate_name   text,
    teammate_email  text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.conversation_handling_events is 'When teammates paused and resumed the handling of a conversation.';
comment on column intercom.conversation_handling_events.id is 'conversation_id, occurred_at, event_type and teammate_id.';
comment on column intercom.conversation_handling_events.event_type is 'paused or resumed.';
comment on column intercom.conversation_handling_events.teammate_id is 'Empty where none is named.';
create index on intercom.conversation_handling_events (workspace_id, conversation_id);
