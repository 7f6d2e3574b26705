select format(
           'grant %%s on analytics.%%I to %%s',
           held.privilege_type,
           view.relname,
           case when held.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(held.grantee)) end
       ) as statement
  from pg_class view
 cross join lateral aclexplode(view.relacl) as held
 where view.oid = to_regclass('analytics.' || quote_ident(%(name)s))
   and held.grantee <> view.relowner
 order by 1
