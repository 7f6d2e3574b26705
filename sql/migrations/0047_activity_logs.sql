create table intercom.activity_logs (
    workspace_id         text not null,
    id                   text not null,
    activity_type        text,
    activity_description text,
    created_at           timestamptz,
    performed_by_type    text,
    performed_by_id      text,
    performed_by_email   text,
    performed_by_ip      text,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, id)
);
comment on table intercom.activity_logs is 'What teammates did to the workspace.';
comment on column intercom.activity_logs.activity_type is 'About a hundred kinds, growing.';
create index on intercom.activity_logs (workspace_id, created_at);
