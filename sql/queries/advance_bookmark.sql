insert into etl.bookmark as b (workspace_id, stream, value, completed_at, run_id, epoch)
values (%(workspace_id)s, %(stream)s, %(value)s, %(completed_at)s, %(run_id)s, %(epoch)s)
    on conflict (workspace_id, stream) do update
   set value = greatest(b.value, excluded.value),
       resume_from = null,
       completed_at = greatest(b.completed_at, excluded.completed_at),
       run_id = excluded.run_id,
       epoch = excluded.epoch
 where b.epoch <= excluded.epoch
returning 1 as moved
