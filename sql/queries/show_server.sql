select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as version_number,
       current_user as user_name,
       pg_is_in_recovery() as standby,
       clock_timestamp() as now,
       pg_database_size(current_database()) as bytes,
       ssl.version as protocol,
       ssl.cipher as cipher,
       coalesce((select encrypted from pg_stat_gssapi where pid = pg_backend_pid()), false) as gssapi
  from (select) as one
  left join pg_stat_ssl as ssl on ssl.pid = pg_backend_pid() and ssl.ssl
