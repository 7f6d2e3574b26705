select 1 as found where to_regclass('etl.schema_migration') is not null
