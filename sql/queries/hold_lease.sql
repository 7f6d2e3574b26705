-- "for key share" lets the holder's own renewal pass and makes a claim wait (it takes "for update")
select 1 as held
  from etl.lease
 where workspace_id = %(workspace_id)s
   and epoch = %(epoch)s
   for key share
