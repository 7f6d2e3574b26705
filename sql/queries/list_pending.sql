select record_id, parent_id, raw
  from etl.quarantine
 where workspace_id = %(workspace_id)s
   and stream = %(stream)s
   and pending
   and resolved_at is null
 order by id
