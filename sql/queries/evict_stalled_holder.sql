-- a run that stopped renewing may still hold row locks (SIGSTOP in the middle of a batch): its
-- sessions are ended, so that its open transaction is undone and the next run need not wait for it
select pg_terminate_backend(activity.pid)
  from etl.lease
  join pg_stat_activity activity
    on activity.application_name = 'intercom-etl run ' || lease.run_id
   and activity.datname = current_database()
   and activity.usename = current_user
   and activity.pid <> pg_backend_pid()
 where lease.workspace_id = %(workspace_id)s
   and lease.expires_at < now()
