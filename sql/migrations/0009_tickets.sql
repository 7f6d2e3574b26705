create table intercom.tickets (
    workspace_id                text not null,
    id                          text not null,
    ticket_id                   text,
    category                    text,
    title                       text,
    description                 text,
    ticket_type_id              text,
    ticket_type_name            text,
    ticket_state_id             text,
    ticket_state_category       text,
    ticket_state_internal_label text,
    ticket_state_external_label text,
    previous_ticket_state_id    text,
    admin_assignee_id           text,
    team_assignee_id            text,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    snoozed_until               timestamptz,
    open                        boolean,
    is_shared                   boolean,
    channel                     text,
    parts_total_count           bigint,
    parts_truncated             boolean not null default false,
    raw                         jsonb not null,
    synced_at                   timestamptz not null,
    deleted_at                  timestamptz,
    deletion_reason             text,
    primary key (workspace_id, id)
);
comment on table intercom.tickets is
    'Tickets.';
comment on column intercom.tickets.ticket_id is
    'The number that people see; `id` is the key.';
comment on column intercom.tickets.parts_truncated is
    'The API holds more parts than it gave (it gives the 500 newest); older ones stored earlier are kept.';

create table intercom.ticket_parts (
    workspace_id            text not null,
    ticket_id               text not null,
    id                      text not null,
    part_type               text,
    body                    text,
    created_at              timestamptz,
    updated_at              timestamptz,
    ticket_state            text,
    previous_ticket_state   text,
    redacted                boolean,
    external_id             text,
    app_package_code        text,
    author_type             text,
    author_id               text,
    author_name             text,
    author_email            text,
    assigned_to_type        text,
    assigned_to_id          text,
    updated_attribute_id    text,
    updated_attribute_label text,
    updated_attribute_value text,
    raw                     jsonb not null,
    synced_at               timestamptz not null,
    deleted_at              timestamptz,
    deletion_reason         text,
    primary key (workspace_id, ticket_id, id)
);
comment on table intercom.ticket_parts is
    'Everything that happened on a ticket.';

create table intercom.ticket_contacts (
    workspace_id    text not null,
    ticket_id       text not null,
    contact_id      text not null,
    external_id     text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, ticket_id, contact_id)
);
comment on table intercom.ticket_contacts is
    'Contacts of a ticket.';

create table intercom.ticket_linked_objects (
    workspace_id    text not null,
    ticket_id       text not null,
    object_id       text not null,
    object_type     text,
    category        text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, ticket_id, object_id)
);
comment on table intercom.ticket_linked_objects is
    'Conversations and tickets linked to a ticket.';

create index on intercom.tickets (workspace_id, updated_at);
create index on intercom.ticket_contacts (workspace_id, contact_id);
