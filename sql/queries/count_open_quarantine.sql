select workspace_id, stream, count(*) as records, count(*) filter (where pending) as pending
  from etl.quarantine
 where resolved_at is null
 group by workspace_id, stream
