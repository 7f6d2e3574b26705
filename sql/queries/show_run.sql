select id, workspace_id, command, asked, status, started_at, finished_at, exit_code, error, streams,
       requests, host, pid, program_version
  from etl.run
 where id = %(id)s
