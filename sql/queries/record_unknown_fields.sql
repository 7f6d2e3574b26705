insert into etl.unknown_field (workspace_id, stream, field, records, first_seen_at, last_seen_at, run_id)
select %(workspace_id)s, seen.stream, seen.field, seen.records, %(seen_at)s, %(seen_at)s, %(run_id)s
  from unnest(%(streams)s::text[], %(fields)s::text[], %(counts)s::bigint[]) as seen (stream, field, records)
 order by seen.stream, seen.field
    on conflict (workspace_id, stream, field)
    do update set records      = etl.unknown_field.records + excluded.records,
                  last_seen_at = greatest(etl.unknown_field.last_seen_at, excluded.last_seen_at),
                  run_id       = excluded.run_id
