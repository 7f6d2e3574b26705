-- What was refused for its settings (78) has written nothing.
select asked ->> 'privacy' as privacy
  from etl.run
 where workspace_id = %(workspace_id)s
   and id <> %(id)s
   and asked ? 'privacy'
   and exit_code is distinct from 78
 order by id desc
 limit 1
