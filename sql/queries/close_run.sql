update etl.run
   set status = %(status)s,
       exit_code = %(exit_code)s,
       error = %(error)s,
       streams = %(streams)s,
       requests = %(requests)s,
       finished_at = %(finished_at)s
 where id = %(id)s
