select id, workspace_id, stream, record_id, parent_id, label, place, pending, reason, first_run_id, run_id, created_at,
       seen_at, fetched_at, resolved_at, resolution, resolved_by
  from etl.quarantine
 where (%(tables)s::text[] is null or stream = any (%(tables)s))
   and (%(run)s::bigint is null or %(run)s in (run_id, first_run_id, resolved_by))
   and (%(workspace)s::text is null or workspace_id = %(workspace)s)
   and (pending or not %(only_pending)s)
   and (resolved_at is null or %(closed)s)
 order by id desc
 limit %(limit)s
