-- who is in front of a session that waits for a lock: whoever has waited or worked longest
select blocker.pid,
       coalesce(nullif(blocker.application_name, ''), blocker.backend_type) as application,
       coalesce(blocker.usename, '') as "user",
       coalesce(blocker.state, 'unknown') as state,
       blocker.xact_start at time zone 'utc' as began_at
  from pg_stat_activity waiting
  cross join unnest(pg_blocking_pids(waiting.pid)) as front (pid)
  join pg_stat_activity blocker on blocker.pid = front.pid
 where waiting.pid = %(pid)s
   and waiting.wait_event_type = 'Lock'
 order by blocker.xact_start
 limit 1
