-- When each stream was last checked to its end, by the last hundred checks.
select checked.key as stream, max(run.finished_at) as checked_at
  from (select finished_at, streams
          from etl.run
         where command = 'verify' and workspace_id = %(workspace_id)s and finished_at is not null
         order by id desc
         limit 100) as run
 cross join lateral jsonb_each(run.streams) as checked
 where checked.value ->> 'status' in ('ok', 'drift')
 group by checked.key
