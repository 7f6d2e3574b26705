update etl.quarantine
   set raw = %(raw)s
 where id = %(id)s
