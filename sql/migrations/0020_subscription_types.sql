create table intercom.subscription_types (
    workspace_id        text not null,
    id                  text not null,
    state               text,
    consent_type        text,
    default_name        text,
    default_description text,
    default_locale      text,
    raw                 jsonb not null,
    synced_at           timestamptz not null,
    deleted_at          timestamptz,
    deletion_reason     text,
    primary key (workspace_id, id)
);
comment on table intercom.subscription_types is
    'What contacts can opt in to and out of.';
comment on column intercom.subscription_types.state is
    'live, draft or archived.';
comment on column intercom.subscription_types.consent_type is
    'opt_out or opt_in.';

create table intercom.subscription_type_translations (
    workspace_id         text not null,
    subscription_type_id text not null,
    locale               text not null,
    name                 text,
    description          text,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, subscription_type_id, locale)
);
comment on table intercom.subscription_type_translations is
    'Names of subscription types by language.';

create table intercom.subscription_type_content_types (
    workspace_id         text not null,
    subscription_type_id text not null,
    content_type         text not null,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, subscription_type_id, content_type)
);
comment on table intercom.subscription_type_content_types is
    'Kinds of message that a subscription type covers: email, sms_message.';
