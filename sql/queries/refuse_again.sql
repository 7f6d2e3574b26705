update etl.quarantine
   set run_id    = %(run_id)s,
       seen_at   = %(now)s,
       raw       = %(raw)s,
       reason    = %(reason)s,
       record_id = coalesce(%(record_id)s, record_id)
 where id = %(id)s
   and resolved_at is null
