create table intercom.company_notes (
    workspace_id    text not null,
    id              text not null,
    company_id      text,
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
comment on table intercom.company_notes is 'Notes on companies.';
comment on column intercom.company_notes.body is 'HTML.';
create index on intercom.company_notes (workspace_id, company_id);
