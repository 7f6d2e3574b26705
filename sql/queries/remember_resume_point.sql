insert into etl.bookmark as b (workspace_id, stream, resume_from, run_id, epoch)
values (%(workspace_id)s, %(stream)s, %(resume_from)s, %(run_id)s, %(epoch)s)
    on conflict (workspace_id, stream) do update
   set resume_from = excluded.resume_from,
       run_id = excluded.run_id,
       epoch = excluded.epoch
 where b.epoch <= excluded.epoch
returning 1 as moved
