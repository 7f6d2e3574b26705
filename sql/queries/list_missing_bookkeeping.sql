-- tables that every run writes to, whatever it copies
select known.name
  from (values ('run'), ('lease'), ('bookmark'), ('quarantine'), ('unknown_field'), ('attribute_view')) as known (name)
 where to_regclass('etl.' || known.name) is null
 order by known.name
