-- grantee NULL: everybody
select granted.privilege_type as privilege,
       role.rolname           as grantee,
       granted.is_grantable   as may_grant
  from pg_class class
  join pg_namespace namespace on namespace.oid = class.relnamespace
 cross join lateral aclexplode(class.relacl) granted
  left join pg_roles role on role.oid = granted.grantee
 where namespace.nspname = 'analytics'
   and class.relname = %(name)s
   and granted.grantee <> class.relowner
   and (role.rolname is not null or granted.grantee = 0)
