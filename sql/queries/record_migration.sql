insert into etl.schema_migration (version, name, checksum)
values (%(version)s, %(name)s, %(checksum)s)
returning applied_at
