update etl.run set workspace_id = %(workspace_id)s where id = %(id)s
