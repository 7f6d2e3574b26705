create table intercom.article_versions (
    workspace_id    text not null,
    id              text not null,
    article_id      text,
    title           text,
    description     text,
    state           text,
    author_id       text,
    created_by_id   text,
    created_via     text,
    from_version_id text,
    created_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.article_versions is 'Earlier and present versions of articles, without their text.';
comment on column intercom.article_versions.created_via is 'Like web or api.';
comment on column intercom.article_versions.from_version_id is 'The version that this one was made from.';
create index on intercom.article_versions (workspace_id, article_id);
