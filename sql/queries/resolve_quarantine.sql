update etl.quarantine
   set resolved_at = %(now)s,
       resolution  = case when record_id = any (%(gone)s) or parent_id = any (%(gone)s) then 'gone'
                          else 'stored' end,
       resolved_by = %(run_id)s
 where workspace_id = %(workspace_id)s
   and resolved_at is null
   and id <> all (%(kept)s)
   -- the clock of the API is known to the second, anew in each run
   and fetched_at <= %(fetched_at)s + interval '2 seconds'
   and (   (stream = %(stream)s and record_id = any (%(ids)s))
        or (stream = any (%(parts)s) and parent_id = any (%(ids)s))
        or (stream = %(stream)s and parent_id = any (%(whole)s) and run_id <> %(run_id)s))
