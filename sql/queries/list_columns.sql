select class.relname                                       as table_name,
       attribute.attname                                   as column_name,
       type.typname                                        as type_name,
       array_position(index.indkey::int2[], attribute.attnum) as key_position,
       case when attribute.attgenerated <> ''
            then pg_get_expr(fallback.adbin, fallback.adrelid) end as generated_as
  from pg_class class
  join pg_namespace namespace on namespace.oid = class.relnamespace
  join pg_attribute attribute on attribute.attrelid = class.oid
  join pg_type type on type.oid = attribute.atttypid
  left join pg_attrdef fallback on fallback.adrelid = class.oid and fallback.adnum = attribute.attnum
  left join pg_index index on index.indrelid = class.oid and index.indisprimary
 where namespace.nspname = 'intercom'
   and class.relname = any (%(tables)s)
   and attribute.attnum > 0
   and not attribute.attisdropped
 order by class.relname, attribute.attnum
