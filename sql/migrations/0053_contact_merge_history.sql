create table intercom.contact_merge_history (
    workspace_id        text not null,
    id                  text not null,
    contact_id          text,
    source_contact_id   text,
    source_contact_role text,
    merged_at           timestamptz,
    raw                 jsonb not null,
    synced_at           timestamptz not null,
    deleted_at          timestamptz,
    deletion_reason     text,
    primary key (workspace_id, id)
);
comment on table intercom.contact_merge_history is 'Contacts that were merged into others.';
comment on column intercom.contact_merge_history.id is 'contact_id and source_contact_id.';
comment on column intercom.contact_merge_history.contact_id is 'The contact that is left.';
comment on column intercom.contact_merge_history.source_contact_id is 'The contact that was merged into it.';
create index on intercom.contact_merge_history (workspace_id, contact_id);
create index on intercom.contact_merge_history (workspace_id, source_contact_id);
