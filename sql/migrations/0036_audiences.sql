create table intercom.audiences (
    workspace_id    text not null,
    id              text not null,
    name            text,
    created_at      timestamptz,
    updated_at      timestamptz,
    predicates      jsonb generated always as (nullif(raw -> 'predicates', 'null')) stored,
    role_predicates jsonb generated always as (nullif(raw -> 'role_predicates', 'null')) stored,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.audiences is
    'Groups of contacts that content for Fin is meant for.';
comment on column intercom.audiences.predicates is
    'The rules that a contact is picked by; read from raw.';
comment on column intercom.audiences.role_predicates is
    'Rules for the role of a contact; read from raw.';
