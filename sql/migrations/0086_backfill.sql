create table etl.backfill (
    id           bigint generated always as identity primary key,
    workspace_id text not null,
    stream       text not null,
    from_at      timestamptz not null,
    to_at        timestamptz not null,
    step         interval not null,
    done_to      timestamptz not null,
    records      bigint not null default 0,
    run_id       bigint not null,
    epoch        bigint not null,
    started_at   timestamptz not null,
    finished_at  timestamptz,
    check (from_at < to_at and done_to between from_at and to_at)
);
comment on table etl.backfill is 'Spans of time that are read by themselves, window by window; no bookmark moves with them.';
comment on column etl.backfill.done_to is 'Every record of the span that changed before this is stored; the next run goes on here.';
comment on column etl.backfill.epoch is 'Lease epoch of the last writer; an older one cannot move done_to.';
create unique index backfill_open_once on etl.backfill (workspace_id, stream, from_at, to_at)
    where finished_at is null;
