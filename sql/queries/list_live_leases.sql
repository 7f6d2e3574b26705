select lease.workspace_id, lease.run_id, lease.host, lease.pid, lease.acquired_at, run.command, run.streams
  from etl.lease
  left join etl.run on run.id = lease.run_id
 where lease.expires_at > now()
 order by lease.workspace_id
