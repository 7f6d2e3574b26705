select id, workspace_id, command, status, started_at, finished_at, exit_code, error, streams, requests
  from etl.run
 where (id > %(after)s or id = any (%(open)s))
   and (%(command)s::text is null or command = %(command)s)
   and (%(workspace)s::text is null or workspace_id = %(workspace)s)
 order by id
