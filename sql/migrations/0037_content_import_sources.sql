create table intercom.content_import_sources (
    workspace_id    text not null,
    id              text not null,
    url             text,
    status          text,
    sync_behavior   text,
    last_synced_at  timestamptz,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.content_import_sources is
    'Where external pages come from.';
comment on column intercom.content_import_sources.status is
    'active or deactivated.';
comment on column intercom.content_import_sources.sync_behavior is
    'api, automatic or manual.';

create table intercom.content_import_source_audiences (
    workspace_id             text not null,
    content_import_source_id text not null,
    audience_id              text not null,
    raw                      jsonb not null,
    synced_at                timestamptz not null,
    deleted_at               timestamptz,
    deletion_reason          text,
    primary key (workspace_id, content_import_source_id, audience_id)
);
comment on table intercom.content_import_source_audiences is
    'Audiences that the pages of a source are meant for; no row: everybody.';
