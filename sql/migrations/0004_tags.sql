create table intercom.tags (
    workspace_id    text not null,
    id              text not null,
    name            text,
    applied_at      timestamptz,
    applied_by_id   text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.tags is
    'Names of tags; which objects carry them is in conversation_tags, contact_tags, company_tags.';
