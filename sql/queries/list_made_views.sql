select name, checksum, to_regclass('analytics.' || quote_ident(name)) is not null as stands
  from etl.view
 order by name
