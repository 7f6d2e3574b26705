-- the last runs of each command that have ended, oldest first, and how many rows each wrote
select kind.command, recent.id, recent.status,
       (select coalesce(sum(written.rows::bigint), 0)
          from jsonb_each(recent.streams) as stream
         cross join jsonb_each_text(coalesce(stream.value -> 'rows', '{}')) as written (table_name, rows))::bigint
           as rows
  from (select distinct command from etl.run) as kind
 cross join lateral (
       select id, status, streams
         from etl.run
        where run.command = kind.command
          and run.finished_at is not null
          and (%(since)s::timestamptz is null or run.started_at >= %(since)s)
          and (%(command)s::text is null or run.command = %(command)s)
          and (%(workspace)s::text is null or run.workspace_id = %(workspace)s)
        order by run.id desc
        limit %(limit)s) as recent
 order by kind.command, recent.id
