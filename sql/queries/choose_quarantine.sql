select id, workspace_id, stream, record_id, parent_id, pending, resolved_at, resolution
  from etl.quarantine
 where (%(ids)s::bigint[] is null or id = any (%(ids)s))
   and (%(ids)s::bigint[] is not null or resolved_at is null)
   and (%(tables)s::text[] is null or stream = any (%(tables)s))
   and (%(workspace)s::text is null or workspace_id = %(workspace)s)
 order by id
