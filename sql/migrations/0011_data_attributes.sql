create table intercom.data_attributes (
    workspace_id       text not null,
    id                 text not null,
    attribute_id       text,
    model              text,
    full_name          text,
    name               text,
    label              text,
    description        text,
    data_type          text,
    custom             boolean,
    archived           boolean,
    api_writable       boolean,
    messenger_writable boolean,
    ui_writable        boolean,
    admin_id           text,
    created_at         timestamptz,
    updated_at         timestamptz,
    raw                jsonb not null,
    synced_at          timestamptz not null,
    deleted_at         timestamptz,
    deletion_reason    text,
    primary key (workspace_id, id)
);
comment on table intercom.data_attributes is
    'Attributes that contacts and companies can have, standard and custom ones, archived ones too. The values of custom ones are in analytics.contact_attributes and analytics.company_attributes.';
comment on column intercom.data_attributes.id is
    'Model and full name, as in `contact:custom_attributes.plan`: standard attributes have no id.';
comment on column intercom.data_attributes.attribute_id is
    'Intercom''s own id; only custom attributes have one.';
comment on column intercom.data_attributes.model is
    'contact or company.';
comment on column intercom.data_attributes.full_name is
    'Where the value is in a record: `custom_attributes.plan`, `location.country`.';
comment on column intercom.data_attributes.data_type is
    'string, integer, float, boolean or date; datetime from API 2.17 on.';

create table intercom.data_attribute_options (
    workspace_id      text not null,
    data_attribute_id text not null,
    value             text not null,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, data_attribute_id, value)
);
comment on table intercom.data_attribute_options is
    'Values that an attribute with a fixed choice can have.';
