delete from etl.view where name = %(name)s
