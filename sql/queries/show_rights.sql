-- what this login may do in a database that has the tables; several rights in one text: any of them
select current_user as user_name,
       (select role.rolsuper from pg_roles role where role.rolname = current_user) as superuser,
       pg_has_role(migration.relowner, 'usage') as owns,
       has_table_privilege(lease.oid, 'update')
           and has_table_privilege(contacts.oid, 'insert')
           and has_table_privilege(contacts.oid, 'update') as loads,
       has_function_privilege(maker.oid, 'execute') as makes_views,
       has_table_privilege(contacts.oid, 'select') as reads_people,
       has_any_column_privilege(contacts.oid, 'select') as reads,
       has_table_privilege(contacts.oid, 'truncate')
           or has_table_privilege(migration.oid, 'insert, update, delete') as may_break
  from pg_class migration
  join pg_class lease on lease.relnamespace = migration.relnamespace and lease.relname = 'lease'
  join pg_class contacts on contacts.relnamespace = to_regnamespace('intercom') and contacts.relname = 'contacts'
  join pg_proc maker on maker.pronamespace = migration.relnamespace and maker.proname = 'make_attribute_view'
 where migration.relnamespace = to_regnamespace('etl')
   and migration.relname = 'schema_migration'
