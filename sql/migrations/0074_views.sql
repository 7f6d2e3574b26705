create table etl.view (
    name     text primary key,
    checksum text not null,
    made_at  timestamptz not null
);
comment on table etl.view is 'Which files of sql/views the views of schema analytics were made from, with their SHA-256.';
