create table etl.unknown_field (
    workspace_id  text not null,
    stream        text not null,
    field         text not null,
    records       bigint not null,
    first_seen_at timestamptz not null,
    last_seen_at  timestamptz not null,
    run_id        bigint not null,
    primary key (workspace_id, stream, field)
);
comment on table etl.unknown_field is 'Members of API objects that this program knows nothing of; their values are in raw. A newer version may have columns for them.';
comment on column etl.unknown_field.stream is 'The table that the object goes to: a stream, or a list inside its records.';
comment on column etl.unknown_field.records is 'In how many objects it was seen; one that is read again counts again.';
comment on column etl.unknown_field.first_seen_at is 'On the clock of the API.';
comment on column etl.unknown_field.run_id is 'The last run that saw it.';
