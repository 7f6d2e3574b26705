create table intercom.reporting_rows (
    workspace_id    text not null,
    id              text not null,
    dataset         text not null,
    record_key      text not null,
    occurred_at     timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.reporting_rows is 'Rows of the datasets behind Intercom''s reports, those that INTERCOM_ETL_REPORTING_DATASETS names. All attributes are in `raw`. What became of a row later than 30 days after its time may be missing.';
comment on column intercom.reporting_rows.id is 'dataset and record_key.';
comment on column intercom.reporting_rows.dataset is 'Id of the dataset, like `conversation`.';
comment on column intercom.reporting_rows.record_key is 'The dataset''s own id (`conversation_id` of `conversation`), where there is one; else a hash of everything that the row says, so that a row which changes is a new one.';
comment on column intercom.reporting_rows.occurred_at is 'The attribute that the dataset is ordered by.';
create index on intercom.reporting_rows (workspace_id, dataset, occurred_at);
