select workspace_id, epoch, run_id, host, pid, acquired_at, expires_at, expires_at > now() as live
  from etl.lease
 where workspace_id = %(workspace_id)s
