insert into etl.bookmark as b
       (workspace_id, stream, value, completed_at, swept_at, unlisted, reread_after, run_id, epoch)
values (%(workspace_id)s, %(stream)s, %(value)s, %(completed_at)s, %(swept_at)s, coalesce(%(unlisted)s, 0),
        %(reread_after)s, %(run_id)s, %(epoch)s)
    on conflict (workspace_id, stream) do update
   set value = greatest(b.value, excluded.value),
       resume_from = null,
       completed_at = greatest(b.completed_at, excluded.completed_at),
       swept_at = greatest(b.swept_at, excluded.swept_at),
       unlisted = coalesce(%(unlisted)s, b.unlisted),
       reread_after = excluded.reread_after,
       run_id = excluded.run_id,
       epoch = excluded.epoch
 where b.epoch <= excluded.epoch
returning 1 as moved
