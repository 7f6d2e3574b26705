create table intercom.contact_notes (
    workspace_id    text not null,
    id              text not null,
    contact_id      text,
    body            text,
    author_id       text,
    author_name     text,
    author_email    text,
    created_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.contact_notes is 'Notes on contacts.';
comment on column intercom.contact_notes.body is 'HTML.';
create index on intercom.contact_notes (workspace_id, contact_id);
