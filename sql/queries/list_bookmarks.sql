select stream, value, resume_from, completed_at, run_id
  from etl.bookmark
 where workspace_id = %(workspace_id)s
 order by stream
