select id, workspace_id, command, status, started_at, finished_at, exit_code, error, streams, requests
  from etl.run
 where not %(only_failed)s or status in ('failed', 'interrupted', 'abandoned', 'partial')
 order by id desc
 limit %(limit)s
