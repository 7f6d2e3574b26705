select 1
  from etl.quarantine
 where stream = %(stream)s
 limit 1
