-- Without an end of its own the span goes up to now: the same command, typed later, means the same backfill.
with unfinished as (
    select id from etl.backfill
     where workspace_id = %(workspace_id)s and stream = %(stream)s and from_at = %(from_at)s
       and finished_at is null and (%(is_open)s or to_at = %(to_at)s)
     order by id desc
     limit 1
), resumed as (
    update etl.backfill as b
       set run_id = %(run_id)s, epoch = %(epoch)s, step = %(step)s, to_at = greatest(b.to_at, %(to_at)s)
      from unfinished
     where b.id = unfinished.id
 returning b.id, b.stream, b.from_at, b.to_at, b.step, b.done_to, b.records
), begun as (
    insert into etl.backfill
           (workspace_id, stream, from_at, to_at, step, done_to, run_id, epoch, started_at)
    select %(workspace_id)s, %(stream)s, %(from_at)s, %(to_at)s, %(step)s, %(from_at)s, %(run_id)s, %(epoch)s, %(now)s
     where not exists (select from unfinished)
 returning id, stream, from_at, to_at, step, done_to, records
)
select * from resumed
union all
select * from begun
