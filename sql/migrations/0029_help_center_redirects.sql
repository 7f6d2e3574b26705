create table intercom.help_center_redirects (
    workspace_id    text not null,
    id              text not null,
    help_center_id  text,
    from_url        text,
    locale          text,
    target_type     text,
    target_id       text,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.help_center_redirects is
    'Old addresses and the article or collection that each leads to.';
comment on column intercom.help_center_redirects.target_type is
    'article or collection.';

create index on intercom.help_center_redirects (workspace_id, help_center_id);
