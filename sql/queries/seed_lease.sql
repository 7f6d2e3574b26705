insert into etl.lease (workspace_id, epoch)
values (%(workspace_id)s, 0)
on conflict (workspace_id) do nothing
