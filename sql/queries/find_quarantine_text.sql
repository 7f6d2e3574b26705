select id, raw
  from etl.quarantine
 where workspace_id = %(workspace_id)s
   and raw ilike any (%(patterns)s)
