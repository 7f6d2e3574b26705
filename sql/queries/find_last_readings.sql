-- what the newest run that was to read a stream said of it; only of late runs, so that a long record costs nothing
select distinct on (workspace.id, said.stream)
       workspace.id as workspace_id, said.stream, said.report
  from unnest(%(workspaces)s::text[]) as workspace (id)
 cross join lateral (
       select run.id, run.streams
         from etl.run
        where run.workspace_id = workspace.id
          and run.command in ('sync', 'load')
          and run.finished_at is not null
        order by run.id desc
        limit %(limit)s) as recent
 cross join lateral jsonb_each(recent.streams) as said (stream, report)
 order by workspace.id, said.stream, recent.id desc
