drop schema if exists intercom, etl, analytics cascade
