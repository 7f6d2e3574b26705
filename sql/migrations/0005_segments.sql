create table intercom.segments (
    workspace_id    text not null,
    id              text not null,
    name            text,
    person_type     text,
    created_at      timestamptz,
    updated_at      timestamptz,
    count           bigint,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.segments is
    'Segments of contacts and companies.';

create index on intercom.segments (workspace_id, updated_at);
