select stream, value, resume_from, completed_at, swept_at, unlisted, reread_after
  from etl.bookmark
 where workspace_id = %(workspace_id)s
