select id, workspace_id, stream, from_at, to_at, step, done_to, records, finished_at
  from etl.backfill
 where id = %(id)s
