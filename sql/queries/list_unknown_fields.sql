select workspace_id, stream, field, records, first_seen_at, last_seen_at
  from etl.unknown_field
 order by workspace_id, stream, field
