create table intercom.ticket_types (
    workspace_id    text not null,
    id              text not null,
    category        text,
    name            text,
    description     text,
    icon            text,
    is_internal     boolean,
    archived        boolean,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.ticket_types is
    'Ticket types, archived ones too.';
comment on column intercom.ticket_types.category is
    'Customer, Back-office or Tracker.';

create table intercom.ticket_type_attributes (
    workspace_id                    text not null,
    ticket_type_id                  text not null,
    id                              text not null,
    name                            text,
    description                     text,
    data_type                       text,
    sort_order                      bigint,
    is_default                      boolean,
    required_to_create              boolean,
    required_to_create_for_contacts boolean,
    visible_on_create               boolean,
    visible_to_contacts             boolean,
    archived                        boolean,
    created_at                      timestamptz,
    updated_at                      timestamptz,
    input_options                   jsonb generated always as (nullif(raw -> 'input_options', 'null')) stored,
    raw                             jsonb not null,
    synced_at                       timestamptz not null,
    deleted_at                      timestamptz,
    deletion_reason                 text,
    primary key (workspace_id, ticket_type_id, id)
);
comment on table intercom.ticket_type_attributes is
    'Fields that a ticket of the type has.';
comment on column intercom.ticket_type_attributes.name is
    'The key in ticket_attributes of a ticket; `_default_title_` and `_default_description_` are built in.';
comment on column intercom.ticket_type_attributes.data_type is
    'string, list, integer, decimal, boolean, datetime or files.';
comment on column intercom.ticket_type_attributes.sort_order is
    '`order` in the API.';
comment on column intercom.ticket_type_attributes.is_default is
    'Built in; `default` in the API.';
comment on column intercom.ticket_type_attributes.required_to_create is
    'For teammates.';
comment on column intercom.ticket_type_attributes.visible_on_create is
    'To teammates.';
comment on column intercom.ticket_type_attributes.input_options is
    'The choices of a list, and whether a text has several lines; read from raw.';

create table intercom.ticket_type_states (
    workspace_id    text not null,
    ticket_type_id  text not null,
    ticket_state_id text not null,
    category        text,
    internal_label  text,
    external_label  text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, ticket_type_id, ticket_state_id)
);
comment on table intercom.ticket_type_states is
    'Which states a ticket of the type can be in, as the type lists them.';
