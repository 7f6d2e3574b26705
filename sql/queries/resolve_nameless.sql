update etl.quarantine
   set resolved_at = %(now)s,
       resolution  = 'gone',
       resolved_by = %(run_id)s
 where workspace_id = %(workspace_id)s
   and stream = %(stream)s
   and record_id is null
   and parent_id is null
   and resolved_at is null
   and run_id <> %(run_id)s
