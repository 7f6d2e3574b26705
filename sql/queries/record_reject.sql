insert into etl.quarantine as q
       (run_id, first_run_id, workspace_id, stream, record_id, parent_id, label, place, raw, reason, pending,
        created_at, seen_at, fetched_at)
values (%(run_id)s, %(run_id)s, %(workspace_id)s, %(stream)s, %(record_id)s, %(parent_id)s, %(label)s, %(place)s,
        %(raw)s, %(reason)s, %(pending)s, %(now)s, %(now)s, %(fetched_at)s)
    on conflict (workspace_id, stream, md5(coalesce(parent_id, '')), md5(coalesce(record_id, '')), pending, variant)
       where resolved_at is null
    do update set run_id     = excluded.run_id,
                  raw        = excluded.raw,
                  reason     = excluded.reason,
                  seen_at    = excluded.seen_at,
                  fetched_at = greatest(q.fetched_at, excluded.fetched_at)
        where excluded.fetched_at + interval '2 seconds' >= q.fetched_at
returning id
