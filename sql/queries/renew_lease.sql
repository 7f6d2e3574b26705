update etl.lease
   set expires_at = now() + make_interval(secs => %(seconds)s)
 where workspace_id = %(workspace_id)s
   and epoch = %(epoch)s
