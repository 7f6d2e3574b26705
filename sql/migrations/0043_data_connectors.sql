create table intercom.data_connectors (
    workspace_id          text not null,
    id                    text not null,
    name                  text,
    description           text,
    state                 text,
    http_method           text,
    direct_fin_usage      boolean,
    created_by_admin_id   text,
    updated_by_admin_id   text,
    created_at            timestamptz,
    updated_at            timestamptz,
    execution_results_url text,
    raw                   jsonb not null,
    synced_at             timestamptz not null,
    deleted_at            timestamptz,
    deletion_reason       text,
    primary key (workspace_id, id)
);
comment on table intercom.data_connectors is 'Requests to other systems that workflows and Fin can make. Without address and headers, which may hold secrets.';
comment on column intercom.data_connectors.state is 'draft or live.';
comment on column intercom.data_connectors.direct_fin_usage is 'Whether Fin may call it by itself.';
