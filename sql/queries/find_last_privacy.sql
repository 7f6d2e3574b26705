-- What was refused for its settings (78) has written nothing. That everything is to be kept is believed of a run
-- that came to its end only; that something is to be hidden, of any.
select asked ->> 'privacy' as privacy
  from etl.run
 where workspace_id = %(workspace_id)s
   and id <> %(id)s
   and asked ? 'privacy'
   and exit_code is distinct from 78
   and (coalesce(asked ->> 'privacy', 'none') <> 'none'
        or (status in ('ok', 'partial') and command in ('sync', 'backfill', 'load')))
 order by id desc
 limit 1
