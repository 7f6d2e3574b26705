update etl.run
   set status = 'abandoned',
       finished_at = %(now)s,
       error = 'the process ended without a word; what it had committed is kept'
 where workspace_id = %(workspace_id)s
   and status = 'running'
   and id < %(id)s
returning id
