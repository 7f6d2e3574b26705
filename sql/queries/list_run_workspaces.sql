select distinct workspace_id
  from etl.run
 where workspace_id is not null
