update etl.quarantine q
   set resolved_at = %(now)s,
       resolution  = 'replaced',
       resolved_by = %(run_id)s
  from unnest(%(streams)s::text[], %(parents)s::text[], %(records)s::text[]) as named (stream, parent_id, record_id)
 where q.workspace_id = %(workspace_id)s
   and q.resolved_at is null
   and q.stream = named.stream
   and q.record_id = named.record_id
   and q.parent_id is not distinct from named.parent_id
   and q.id <> all (%(kept)s)
   and q.fetched_at <= %(fetched_at)s + interval '2 seconds'
