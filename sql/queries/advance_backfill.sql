update etl.backfill
   set done_to = greatest(done_to, %(done_to)s),
       records = records + %(records)s,
       run_id = %(run_id)s,
       epoch = %(epoch)s,
       finished_at = case when %(done_to)s >= to_at then %(now)s end
 where id = %(id)s
   and epoch <= %(epoch)s
returning 1 as moved
