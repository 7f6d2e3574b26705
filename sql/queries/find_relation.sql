select class.relkind
  from pg_class class
  join pg_namespace namespace on namespace.oid = class.relnamespace
 where namespace.nspname = %(schema)s
   and class.relname = %(name)s
