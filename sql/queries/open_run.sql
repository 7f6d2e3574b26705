insert into etl.run (command, asked, started_at, host, pid, program_version)
values (%(command)s, %(asked)s, %(started_at)s, %(host)s, %(pid)s, %(version)s)
returning id
