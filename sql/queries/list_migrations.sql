select version, name, checksum, applied_at from etl.schema_migration order by version
