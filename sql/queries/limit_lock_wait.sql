-- whoever waits for a view makes all others wait who want to read it
select set_config('lock_timeout', '5s', true)
