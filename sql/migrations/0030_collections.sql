create table intercom.collections (
    workspace_id    text not null,
    id              text not null,
    name            text,
    description     text,
    parent_id       text,
    help_center_id  text,
    url             text,
    icon            text,
    sort_order      bigint,
    default_locale  text,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.collections is
    'Collections of the help center; a collection may be inside another.';
comment on column intercom.collections.parent_id is
    'The collection that it is in; NULL at the top.';
comment on column intercom.collections.help_center_id is
    'NULL inside another collection.';
comment on column intercom.collections.sort_order is
    '`order` in the API.';
comment on column intercom.collections.default_locale is
    'Only for help centers in several languages.';

create table intercom.collection_translations (
    workspace_id    text not null,
    collection_id   text not null,
    locale          text not null,
    name            text,
    description     text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, collection_id, locale)
);
comment on table intercom.collection_translations is
    'Names of collections by language.';

create index on intercom.collections (workspace_id, parent_id);
