delete from etl.quarantine
 where id = %(id)s
