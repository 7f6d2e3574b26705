create table intercom.help_centers (
    workspace_id      text not null,
    id                text not null,
    identifier        text,
    display_name      text,
    url               text,
    custom_domain     text,
    website_turned_on boolean,
    is_default        boolean,
    created_at        timestamptz,
    updated_at        timestamptz,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.help_centers is
    'Help centers of the workspace.';
comment on column intercom.help_centers.display_name is
    'Only teammates see it.';
comment on column intercom.help_centers.website_turned_on is
    'Whether it is public.';
comment on column intercom.help_centers.is_default is
    '`default` in the API.';

create table intercom.help_center_locales (
    workspace_id    text not null,
    help_center_id  text not null,
    locale          text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, help_center_id, locale)
);
comment on table intercom.help_center_locales is
    'Languages that a help center is available in.';
