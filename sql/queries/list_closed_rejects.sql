select resolution, raw, reason, fetched_at
  from etl.quarantine
 where workspace_id = %(workspace_id)s
   and stream = %(stream)s
   and md5(coalesce(parent_id, '')) = md5(coalesce(%(parent_id)s, ''))
   and md5(coalesce(record_id, '')) = md5(coalesce(%(record_id)s, ''))
   and (pending or md5(raw) = md5(%(raw)s))
   and pending = %(pending)s
   and label is not distinct from %(label)s
   and place is not distinct from %(place)s
   and resolved_at is not null
   and (   resolution = 'dropped'
        or fetched_at = %(fetched_at)s
        -- the clock of the API is known to the second, anew in each run
        or fetched_at > %(fetched_at)s + interval '2 seconds')
