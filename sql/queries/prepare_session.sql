-- what this server does not know (lz4 in some builds, the setting itself before 14) is left as it is
select set_config(known.name, wanted.value, false)
  from (values ('timezone', 'UTC'),
               ('client_min_messages', 'warning'),
               ('lock_timeout', '60s'),
               -- no transaction of ours waits for anything but the server
               ('idle_in_transaction_session_timeout', '30s'),
               ('default_toast_compression', 'lz4')) as wanted (name, value)
  join pg_settings known on lower(known.name) = wanted.name
 where known.enumvals is null
    or wanted.value = any (known.enumvals)
