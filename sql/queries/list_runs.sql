select id, workspace_id, command, status, started_at, finished_at, exit_code, error, streams, requests
  from etl.run
 where (not %(only_failed)s or status in ('failed', 'interrupted', 'abandoned', 'partial'))
   and (%(since)s::timestamptz is null or started_at >= %(since)s)
   and (%(command)s::text is null or command = %(command)s)
   and (%(workspace)s::text is null or workspace_id = %(workspace)s)
 order by id desc
 limit %(limit)s
