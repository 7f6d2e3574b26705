select class.relname as name
  from pg_class class
  join pg_namespace namespace on namespace.oid = class.relnamespace
 where namespace.nspname = 'intercom'
   and class.relkind in ('r', 'p')
   and class.relname like %(pattern)s
   and not class.relispartition
 order by class.relname
