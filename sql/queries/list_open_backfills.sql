select id, workspace_id, stream, from_at, to_at, step, done_to, records
  from etl.backfill
 where finished_at is null
 order by id
