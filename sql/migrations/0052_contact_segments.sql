create table intercom.contact_segments (
    workspace_id    text not null,
    id              text not null,
    contact_id      text,
    segment_id      text,
    name            text,
    person_type     text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.contact_segments is 'Which contacts are in which segment, as of synced_at.';
comment on column intercom.contact_segments.id is 'contact_id and segment_id.';
create index on intercom.contact_segments (workspace_id, contact_id);
create index on intercom.contact_segments (workspace_id, segment_id);
