create table intercom.contacts (
    workspace_id             text not null,
    id                       text not null,
    external_id              text,
    role                     text,
    name                     text,
    email                    text,
    email_domain             text,
    phone                    text,
    owner_id                 text,
    created_at               timestamptz,
    updated_at               timestamptz,
    signed_up_at             timestamptz,
    last_seen_at             timestamptz,
    last_replied_at          timestamptz,
    last_contacted_at        timestamptz,
    last_email_opened_at     timestamptz,
    last_email_clicked_at    timestamptz,
    has_hard_bounced         boolean,
    marked_email_as_spam     boolean,
    unsubscribed_from_emails boolean,
    unsubscribed_from_sms    boolean,
    sms_consent              boolean,
    language_override        text,
    browser                  text,
    browser_version          text,
    browser_language         text,
    os                       text,
    referrer                 text,
    avatar_url               text,
    location_country         text,
    location_region          text,
    location_city            text,
    location_country_code    text,
    raw                      jsonb not null,
    synced_at                timestamptz not null,
    deleted_at               timestamptz,
    deletion_reason          text,
    primary key (workspace_id, id)
);
comment on table intercom.contacts is
    'Users and leads.';
comment on column intercom.contacts.external_id is
    'The customer''s own id of this person.';
comment on column intercom.contacts.role is
    'user or lead.';

create table intercom.contact_tags (
    workspace_id    text not null,
    contact_id      text not null,
    tag_id          text not null,
    name            text,
    applied_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, contact_id, tag_id)
);
comment on table intercom.contact_tags is
    'Tags that a contact carries.';

create table intercom.contact_companies (
    workspace_id    text not null,
    contact_id      text not null,
    company_id      text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, contact_id, company_id)
);
comment on table intercom.contact_companies is
    'Companies that a contact belongs to.';

create index on intercom.contacts (workspace_id, updated_at);
create index on intercom.contacts (workspace_id, email);
create index on intercom.contacts (workspace_id, external_id);
create index on intercom.contact_companies (workspace_id, company_id);
create index on intercom.contact_tags (workspace_id, tag_id);
