update etl.run
   set status = 'abandoned',
       finished_at = %(now)s,
       error = 'the process ended without a word; what it had committed is kept'
 where status = 'running'
   and id < %(id)s
   and (   workspace_id = %(workspace_id)s
           -- ended before it knew its workspace: its session, which is named after it, is gone
        or (    workspace_id is null
            and not exists (select
                              from pg_stat_activity activity
                             where activity.application_name = 'intercom-etl row of run ' || run.id)))
returning id
