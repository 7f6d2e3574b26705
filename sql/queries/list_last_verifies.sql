select distinct on (workspace_id)
       id, workspace_id, status, started_at, finished_at, error, streams
  from etl.run
 where command = 'verify'
   and finished_at is not null
   and workspace_id is not null
 order by workspace_id, id desc
