create table intercom.data_events (
    workspace_id    text not null,
    id              text not null,
    contact_id      text,
    event_name      text,
    created_at      timestamptz,
    event_id        text,
    user_id         text,
    email           text,
    metadata        jsonb generated always as (raw -> 'metadata') stored,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.data_events is 'What contacts did in the customer''s product. Intercom lists the last 90 days, this table keeps them.';
comment on column intercom.data_events.id is 'contact_id, created_at, event_name and event_id.';
comment on column intercom.data_events.event_id is 'The id in the event, empty where there is none.';
comment on column intercom.data_events.metadata is 'As it was sent with the event.';
create index on intercom.data_events (workspace_id, contact_id);
create index on intercom.data_events (workspace_id, created_at);
