create table intercom.emails (
    workspace_id                     text not null,
    id                               text not null,
    email                            text,
    domain                           text,
    verified                         boolean,
    brand_id                         text,
    forwarding_enabled               boolean,
    forwarded_email_last_received_at timestamptz,
    created_at                       timestamptz,
    updated_at                       timestamptz,
    raw                              jsonb not null,
    synced_at                        timestamptz not null,
    deleted_at                       timestamptz,
    deletion_reason                  text,
    primary key (workspace_id, id)
);
comment on table intercom.emails is
    'Addresses that the workspace sends from.';
comment on column intercom.emails.forwarded_email_last_received_at is
    'NULL when nothing was ever forwarded.';
