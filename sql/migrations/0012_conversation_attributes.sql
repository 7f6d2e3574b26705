create table intercom.conversation_attributes (
    workspace_id             text not null,
    id                       text not null,
    name                     text,
    description              text,
    data_type                text,
    required                 boolean,
    archived                 boolean,
    multiline                boolean,
    reference_type           text,
    reference_object_type_id text,
    admin_id                 text,
    created_at               timestamptz,
    updated_at               timestamptz,
    raw                      jsonb not null,
    synced_at                timestamptz not null,
    deleted_at               timestamptz,
    deletion_reason          text,
    primary key (workspace_id, id)
);
comment on table intercom.conversation_attributes is
    'Custom attributes that conversations can have, archived ones too. Their values are in analytics.conversation_attributes.';
comment on column intercom.conversation_attributes.data_type is
    'string, integer, list, decimal, boolean, datetime, relationship or files.';
comment on column intercom.conversation_attributes.reference_type is
    'Of a relationship: one or many.';
comment on column intercom.conversation_attributes.reference_object_type_id is
    'Of a relationship: the type of custom object that it leads to.';

create table intercom.conversation_attribute_options (
    workspace_id              text not null,
    conversation_attribute_id text not null,
    id                        text not null,
    label                     text,
    archived                  boolean,
    raw                       jsonb not null,
    synced_at                 timestamptz not null,
    deleted_at                timestamptz,
    deletion_reason           text,
    primary key (workspace_id, conversation_attribute_id, id)
);
comment on table intercom.conversation_attribute_options is
    'Labels that a list attribute of conversations can have.';
