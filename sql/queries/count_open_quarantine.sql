select workspace_id, stream, count(*) as records
  from etl.quarantine
 where resolved_at is null
 group by workspace_id, stream
