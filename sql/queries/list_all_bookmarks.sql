select workspace_id, stream, value, resume_from, completed_at
  from etl.bookmark
 order by workspace_id, stream
