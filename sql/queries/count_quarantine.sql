select count(*) as matching,
       count(*) filter (where resolved_at is null) as open,
       count(*) filter (where resolved_at is null and pending) as pending
  from etl.quarantine
 where (%(tables)s::text[] is null or stream = any (%(tables)s))
   and (%(run)s::bigint is null or %(run)s in (run_id, first_run_id, resolved_by))
   and (%(workspace)s::text is null or workspace_id = %(workspace)s)
   and (pending or not %(only_pending)s)
   and (resolved_at is null or %(closed)s)
