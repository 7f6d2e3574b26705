create table intercom.data_connector_executions (
    workspace_id      text not null,
    id                text not null,
    data_connector_id text,
    success           boolean,
    http_status       bigint,
    http_method       text,
    error_type        text,
    error_message     text,
    execution_time_ms bigint,
    source_type       text,
    source_id         text,
    conversation_id   text,
    request_url       text,
    created_at        timestamptz,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.data_connector_executions is 'Calls of data connectors and what came of them, without bodies. Intercom forgets them, this table does not.';
comment on column intercom.data_connector_executions.source_type is 'What called it, like workflow or fin.';
comment on column intercom.data_connector_executions.error_type is 'NULL when it succeeded.';
create index on intercom.data_connector_executions (workspace_id, data_connector_id);
create index on intercom.data_connector_executions (workspace_id, created_at);
