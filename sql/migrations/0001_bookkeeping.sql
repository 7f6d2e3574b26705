create schema if not exists intercom;
create schema if not exists etl;
create schema if not exists analytics;

comment on schema intercom is 'The workspace as Intercom holds it: one table a stream, links and parts in tables of their own. Rows whose original is gone keep standing, with deleted_at set.';
comment on schema etl is 'Bookkeeping of intercom-etl: runs, bookmarks, leases, quarantine, migrations.';
comment on schema analytics is 'Views for reading; re-creatable at any time.';

create table etl.run (
    id              bigint generated always as identity primary key,
    workspace_id    text,
    command         text not null,
    asked           jsonb not null,
    status          text not null default 'running'
                    check (status in ('running', 'ok', 'partial', 'failed', 'interrupted', 'abandoned')),
    started_at      timestamptz not null,
    finished_at     timestamptz,
    exit_code       integer,
    error           text,
    streams         jsonb not null default '{}',
    requests        bigint,
    host            text not null,
    pid             integer not null,
    program_version text not null,
    check ((status = 'running') = (finished_at is null))
);
comment on table etl.run is 'One attempt of a command that writes; always closed, at the latest by the next run of its workspace (abandoned).';
comment on column etl.run.workspace_id is 'NULL until the API has said which workspace the token belongs to.';
comment on column etl.run.asked is 'What the command line asked for.';
comment on column etl.run.streams is 'Counters, status and error by stream.';
create index on etl.run (workspace_id, id);

create table etl.lease (
    workspace_id text primary key,
    epoch        bigint not null,
    run_id       bigint,
    host         text,
    pid          integer,
    backend_pid  integer,
    acquired_at  timestamptz,
    expires_at   timestamptz
);
comment on table etl.lease is 'Who may write into a workspace. A row and not only an advisory lock, since those do not survive transaction pooling.';
comment on column etl.lease.epoch is 'Counts the owners; a writer whose epoch is not the current one is refused.';
comment on column etl.lease.expires_at is 'NULL when nobody holds the lease.';
comment on column etl.lease.backend_pid is 'Server process of the owner; when it is gone, so is the owner.';

create table etl.bookmark (
    workspace_id text not null,
    stream       text not null,
    value        timestamptz,
    resume_from  timestamptz,
    completed_at timestamptz,
    run_id       bigint,
    epoch        bigint not null,
    primary key (workspace_id, stream)
);
comment on table etl.bookmark is 'How far each stream is known to be complete; committed together with the rows that it speaks of.';
comment on column etl.bookmark.value is 'Every change up to here is in the tables. NULL for streams that are read whole each time.';
comment on column etl.bookmark.resume_from is 'How far an unfinished run had read; NULL when the last one reached its end.';
comment on column etl.bookmark.completed_at is 'When the stream was last read to its end.';
comment on column etl.bookmark.epoch is 'Lease epoch of the last writer; an older one cannot move the bookmark.';

create table etl.quarantine (
    id           bigint generated always as identity primary key,
    run_id       bigint not null,
    workspace_id text not null,
    stream       text not null,
    record_id    text,
    parent_id    text,
    raw          text not null,
    reason       text not null,
    pending      boolean not null default false,
    created_at   timestamptz not null,
    resolved_at  timestamptz
);
comment on table etl.quarantine is 'Records that could not become rows, with the reason and their text.';
comment on column etl.quarantine.raw is 'The text of the record as it came; bytes that PostgreSQL cannot hold are replaced. Not jsonb, since it may not be JSON.';
comment on column etl.quarantine.parent_id is 'For a part or a link: the id of the record that it hangs on.';
comment on column etl.quarantine.pending is 'The API kept failing for this record; the next run asks for it again.';
comment on column etl.quarantine.resolved_at is 'When a later version of the record was stored, or somebody dropped it.';
create unique index quarantine_open_once on etl.quarantine
    (workspace_id, stream, coalesce(parent_id, ''), coalesce(record_id, ''), md5(raw), md5(reason))
    where resolved_at is null;
