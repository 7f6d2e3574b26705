delete from etl.quarantine
 where workspace_id = %(workspace_id)s
   and (record_id = any (%(ids)s) or parent_id = any (%(ids)s))
returning id
