-- Those of %(ids)s that wait in quarantine.
select count(distinct record_id) as refused
  from etl.quarantine
 where workspace_id = %(workspace_id)s
   and stream = %(stream)s
   and record_id = any (%(ids)s)
   and resolved_at is null
