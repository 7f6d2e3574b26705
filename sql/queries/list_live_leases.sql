select workspace_id, run_id, host, pid, acquired_at
  from etl.lease
 where expires_at > now()
 order by workspace_id
