select id, workspace_id, stream, record_id, parent_id, label, place, pending, reason, raw, first_run_id, run_id,
       created_at, seen_at, fetched_at, resolved_at, resolution, resolved_by
  from etl.quarantine
 where id = %(id)s
