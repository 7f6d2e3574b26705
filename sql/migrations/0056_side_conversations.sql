create table intercom.side_conversations (
    workspace_id      text not null,
    id                text not null,
    conversation_id   text,
    parts_total_count bigint,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.side_conversations is 'Side conversations of conversations.';
comment on column intercom.side_conversations.parts_total_count is 'The API''s own count.';
create index on intercom.side_conversations (workspace_id, conversation_id);

create table intercom.side_conversation_parts (
    workspace_id         text not null,
    side_conversation_id text not null,
    id                   text not null,
    part_type            text,
    body                 text,
    created_at           timestamptz,
    updated_at           timestamptz,
    notified_at          timestamptz,
    state                text,
    redacted             boolean,
    external_id          text,
    app_package_code     text,
    author_type          text,
    author_id            text,
    author_name          text,
    author_email         text,
    author_from_ai_agent boolean,
    author_is_ai_answer  boolean,
    assigned_to_type     text,
    assigned_to_id       text,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, side_conversation_id, id)
);
comment on table intercom.side_conversation_parts is 'Messages and events of side conversations.';
comment on column intercom.side_conversation_parts.body is 'HTML.';
