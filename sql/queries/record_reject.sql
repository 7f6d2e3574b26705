insert into etl.quarantine
       (run_id, workspace_id, stream, record_id, parent_id, raw, reason, pending, created_at)
values (%(run_id)s, %(workspace_id)s, %(stream)s, %(record_id)s, %(parent_id)s, %(raw)s, %(reason)s,
        %(pending)s, %(now)s)
    on conflict (workspace_id, stream, md5(coalesce(parent_id, '')), md5(coalesce(record_id, '')), md5(raw),
                 md5(reason))
       where resolved_at is null
    do update set run_id = excluded.run_id
