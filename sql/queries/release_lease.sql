update etl.lease
   set expires_at = null,
       backend_pid = null
 where workspace_id = %(workspace_id)s
   and epoch = %(epoch)s
