create table intercom.newsfeeds (
    workspace_id    text not null,
    id              text not null,
    name            text,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.newsfeeds is
    'Newsfeeds that news items are published on.';
