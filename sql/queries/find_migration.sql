select version from etl.schema_migration where version = %(version)s
