insert into etl.backfill as b
       (workspace_id, stream, from_at, to_at, step, done_to, run_id, epoch, started_at)
values (%(workspace_id)s, %(stream)s, %(from_at)s, %(to_at)s, %(step)s, %(from_at)s, %(run_id)s, %(epoch)s,
        %(now)s)
    on conflict (workspace_id, stream, from_at, to_at) where finished_at is null
    do update set run_id = excluded.run_id, epoch = excluded.epoch, step = excluded.step
returning id, stream, from_at, to_at, step, done_to, records
