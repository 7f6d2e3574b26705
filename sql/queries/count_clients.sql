select count(*) filter (where application_name is distinct from 'intercom-etl keeper') as clients,
       count(*) filter (where application_name = 'intercom-etl keeper') as keepers
  from pg_stat_activity
 where backend_type = 'client backend'
   and pid <> pg_backend_pid()
