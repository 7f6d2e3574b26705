select current_setting('server_version') as version,
       current_database() as database,
       current_user as user_name,
       pg_is_in_recovery() as standby,
       coalesce((select version from pg_stat_ssl where pid = pg_backend_pid() and ssl), '') as tls,
       inet_client_addr() is null or inet_client_addr() <<= '127.0.0.0/8' or inet_client_addr() = '::1' as near
