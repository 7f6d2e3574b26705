-- all three, and given rights in this database: roles are of the whole server
select count(*) = 3 as in_use
  from pg_roles role
 where role.rolname in ('etl_loader', 'etl_reader', 'etl_pii_reader')
   and has_schema_privilege(role.oid, to_regnamespace('intercom')::oid, 'usage')
