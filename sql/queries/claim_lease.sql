with free as (
    select lease.workspace_id
      from etl.lease
     where lease.workspace_id = %(workspace_id)s
       and (   lease.expires_at is null
            or lease.expires_at < now()
            or not exists (select from pg_stat_get_activity(null) activity where activity.pid = lease.backend_pid))
       for update
)
update etl.lease
   set epoch = lease.epoch + 1,
       run_id = %(run_id)s,
       host = %(host)s,
       pid = %(pid)s,
       backend_pid = pg_backend_pid(),
       acquired_at = now(),
       expires_at = now() + make_interval(secs => %(seconds)s)
  from free
 where lease.workspace_id = free.workspace_id
returning lease.epoch
