create table intercom.ticket_states (
    workspace_id    text not null,
    id              text not null,
    category        text,
    internal_label  text,
    external_label  text,
    archived        boolean,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.ticket_states is
    'States of tickets, archived ones too.';
comment on column intercom.ticket_states.category is
    'submitted, in_progress, waiting_on_customer or resolved.';
comment on column intercom.ticket_states.internal_label is
    'What teammates see.';
comment on column intercom.ticket_states.external_label is
    'What customers see.';

create table intercom.ticket_state_types (
    workspace_id    text not null,
    ticket_state_id text not null,
    ticket_type_id  text not null,
    name            text,
    category        text,
    archived        boolean,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, ticket_state_id, ticket_type_id)
);
comment on table intercom.ticket_state_types is
    'Which ticket types use a state, as the state lists them.';
