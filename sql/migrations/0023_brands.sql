create table intercom.brands (
    workspace_id                text not null,
    id                          text not null,
    name                        text,
    is_default                  boolean,
    help_center_id              text,
    default_address_settings_id text,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    raw                         jsonb not null,
    synced_at                   timestamptz not null,
    deleted_at                  timestamptz,
    deletion_reason             text,
    primary key (workspace_id, id)
);
comment on table intercom.brands is
    'Brands of the workspace; the default one has the id of the workspace.';
comment on column intercom.brands.default_address_settings_id is
    'The row of `emails` that the brand sends from.';
