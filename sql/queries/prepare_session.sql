-- what this server does not know (lz4 in some builds, the setting itself before 14) is left as it is,
-- and so are time-outs that the operator chose for the address, the user or the database
select set_config(known.name, wanted.value, false)
  from (values ('timezone', 'UTC', true),
               ('client_min_messages', 'warning', true),
               ('lock_timeout', '60s', false),
               -- no transaction of ours waits for anything but the server
               ('idle_in_transaction_session_timeout', '30s', false),
               ('default_toast_compression', 'lz4', true)) as wanted (name, value, always)
  join pg_settings known on lower(known.name) = wanted.name
 where (known.enumvals is null or wanted.value = any (known.enumvals))
   and (wanted.always or known.source not in ('client', 'database user', 'user', 'database'))
