update etl.quarantine
   set resolved_at = %(now)s,
       resolution  = %(resolution)s,
       resolved_by = %(run_id)s
 where id = any (%(ids)s)
   and resolved_at is null
returning id
