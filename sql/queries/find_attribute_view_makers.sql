-- what the views are made by: another text, and they are made again
select md5(string_agg(maker.prosrc, '' order by maker.proname)) as text
  from pg_proc maker
  join pg_namespace namespace on namespace.oid = maker.pronamespace
 where namespace.nspname = 'etl'
   and maker.proname in ('attribute_value', 'make_attribute_view')
