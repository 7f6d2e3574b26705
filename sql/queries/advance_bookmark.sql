insert into etl.bookmark as b (workspace_id, stream, value, resume_from, completed_at, run_id, epoch)
values (%(workspace_id)s, %(stream)s, %(value)s::timestamptz,
        case when %(completed_at)s::timestamptz is null then %(resume_from)s::timestamptz end,
        %(completed_at)s::timestamptz, %(run_id)s, %(epoch)s)
    on conflict (workspace_id, stream) do update
   set value = greatest(b.value, excluded.value),
       resume_from = case when excluded.completed_at is null
                          then coalesce(excluded.resume_from, b.resume_from) end,
       completed_at = greatest(b.completed_at, excluded.completed_at),
       run_id = excluded.run_id,
       epoch = excluded.epoch
 where b.epoch <= excluded.epoch
returning 1 as moved
