alter table etl.quarantine
    add column first_run_id bigint,
    add column seen_at      timestamptz not null default now(),
    add column fetched_at   timestamptz default now(),
    add column label        text,
    add column place        integer,
    add column resolution   text
               check (resolution in ('stored', 'outdated', 'gone', 'replaced', 'dropped')),
    add column resolved_by  bigint,
    -- ids tell entries apart, but those of parts and those that were cut off
    add column variant      text generated always as (
                   case when length(coalesce(record_id, '')) < 512 and length(coalesce(parent_id, '')) < 512
                             and (pending or (record_id is not null and parent_id is null))
                        then ''
                        else md5(coalesce(label, '') || ':' || coalesce(place::text, '') || ':' || raw)
                   end) stored;

-- when the API was asked was not kept: no earlier than it can have been, or what is stored since would count as newer
update etl.quarantine q
   set first_run_id = q.run_id,
       seen_at      = greatest(q.created_at, r.finished_at, r.started_at),
       fetched_at   = case when q.resolved_at is null then greatest(q.created_at, r.finished_at, r.started_at) end,
       resolution   = case when q.resolved_at is not null then 'stored' end
  from etl.quarantine e
  left join etl.run r on r.id = e.run_id
 where e.id = q.id;

-- one entry a record, however often and for whatever reasons it was refused
update etl.quarantine q
   set resolved_at = now(),
       resolution  = 'replaced'
  from (select id,
               row_number() over (partition by workspace_id, stream, parent_id, record_id, pending, variant
                                      order by run_id desc, id desc) as age
          from etl.quarantine
         where resolved_at is null) ranked
 where ranked.id = q.id
   and ranked.age > 1;

drop index etl.quarantine_open_once;
create unique index quarantine_open_once on etl.quarantine
    (workspace_id, stream, md5(coalesce(parent_id, '')), md5(coalesce(record_id, '')), pending, variant)
    where resolved_at is null;
create index quarantine_closed on etl.quarantine
    (workspace_id, stream, md5(coalesce(parent_id, '')), md5(coalesce(record_id, '')), md5(raw))
    where resolved_at is not null;

comment on column etl.quarantine.run_id is 'The last run that saw it.';
comment on column etl.quarantine.created_at is 'When it was first seen, on our clock.';
comment on column etl.quarantine.seen_at is 'When it was last seen, on our clock.';
comment on column etl.quarantine.fetched_at is 'When the API was last asked for it, on the clock of the API: what becomes synced_at. NULL for those closed before this was kept.';
comment on column etl.quarantine.label is 'For an element of one of several lists that share a table: which of them.';
comment on column etl.quarantine.place is 'For an element that only its place tells apart: the place in its list, from 1.';
comment on column etl.quarantine.resolved_at is 'When the matter was closed; NULL while it is open.';
comment on column etl.quarantine.resolution is 'stored: it or a later version is in the table. outdated: a retry found a newer version there. gone: the record is. replaced: refused again in another form, which is an entry of its own. dropped: given up by a person.';
comment on column etl.quarantine.resolved_by is 'The run that closed it.';
comment on column etl.quarantine.variant is 'What tells open entries of the same ids apart.';
