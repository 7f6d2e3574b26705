create table intercom.custom_object_instances (
    workspace_id        text not null,
    id                  text not null,
    object_type         text,
    record_id           text,
    external_id         text,
    external_created_at timestamptz,
    external_updated_at timestamptz,
    created_at          timestamptz,
    updated_at          timestamptz,
    custom_attributes   jsonb generated always as (raw -> 'custom_attributes') stored,
    raw                 jsonb not null,
    synced_at           timestamptz not null,
    deleted_at          timestamptz,
    deletion_reason     text,
    primary key (workspace_id, id)
);
comment on table intercom.custom_object_instances is 'Instances of the custom object types that INTERCOM_ETL_CUSTOM_OBJECTS names.';
comment on column intercom.custom_object_instances.id is 'object_type and record_id: ids are unique within a type only.';
comment on column intercom.custom_object_instances.object_type is 'Identifier of the type.';
comment on column intercom.custom_object_instances.record_id is 'The id in Intercom.';
comment on column intercom.custom_object_instances.external_id is 'The customer''s own id.';
comment on column intercom.custom_object_instances.custom_attributes is 'By the identifiers of the attributes.';
create index on intercom.custom_object_instances (workspace_id, external_id);
