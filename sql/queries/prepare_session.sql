select set_config('timezone', 'UTC', false),
       set_config('client_min_messages', 'warning', false),
       set_config('lock_timeout', '60s', false),
       -- no transaction of ours waits for anything but the server
       set_config('idle_in_transaction_session_timeout', '30s', false),
       set_config(
           'default_toast_compression',
           (select case when 'lz4' = any (enumvals) then 'lz4' else setting end
              from pg_settings where name = 'default_toast_compression'),
           false)
