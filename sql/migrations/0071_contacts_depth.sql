alter table intercom.contacts
    add column formatted_phone         text,
    add column enabled_push_messaging  boolean,
    add column android_app_name        text,
    add column android_app_version     text,
    add column android_device          text,
    add column android_os_version      text,
    add column android_sdk_version     text,
    add column android_last_seen_at    timestamptz,
    add column ios_app_name            text,
    add column ios_app_version         text,
    add column ios_device              text,
    add column ios_os_version          text,
    add column ios_sdk_version         text,
    add column ios_last_seen_at        timestamptz,
    add column utm_campaign            text,
    add column utm_content             text,
    add column utm_medium              text,
    add column utm_source              text,
    add column utm_term                text,
    add column location_continent_code text,
    add column custom_attributes       jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.custom_attributes ? (@.type() == "object")'), '{}')) stored;
comment on column intercom.contacts.custom_attributes is
    'What the workspace itself records, by name; NULL when there is nothing.';

alter table intercom.contact_tags
    add column applied_by_type text,
    add column applied_by_id   text;
comment on column intercom.contact_tags.applied_by_id is
    'Who applied the tag; known only where the API cut the list off and it was completed.';

create table intercom.contact_subscriptions (
    workspace_id         text not null,
    contact_id           text not null,
    subscription_type_id text not null,
    consent_type         text,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, contact_id, subscription_type_id)
);
comment on table intercom.contact_subscriptions is
    'What a contact has said about subscription types; who has said nothing has no row.';
comment on column intercom.contact_subscriptions.consent_type is
    'opt_in: said yes. opt_out: said no.';

create table intercom.contact_social_profiles (
    workspace_id    text not null,
    contact_id      text not null,
    position        bigint not null,
    name            text,
    url             text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, contact_id, position)
);
comment on table intercom.contact_social_profiles is
    'Profiles of a contact on other platforms.';
comment on column intercom.contact_social_profiles.position is
    'Place in the list, from 1.';
comment on column intercom.contact_social_profiles.name is
    'The platform.';
