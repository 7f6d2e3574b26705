update etl.quarantine
   set resolved_at = %(now)s
 where workspace_id = %(workspace_id)s
   and resolved_at is null
   and run_id <> %(run_id)s
   and (   (stream = %(stream)s and record_id = any (%(ids)s))
        or (stream = any (%(tables)s) and parent_id = any (%(ids)s)))
