select distinct dependent.oid::regclass::text as name
  from pg_depend link
  join pg_rewrite rule on rule.oid = link.objid
  join pg_class dependent on dependent.oid = rule.ev_class
 where link.classid = 'pg_rewrite'::regclass
   and link.refclassid = 'pg_class'::regclass
   and link.refobjid = to_regclass('analytics.' || quote_ident(%(name)s))
   and dependent.oid <> link.refobjid
 order by 1
