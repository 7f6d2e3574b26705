insert into etl.attribute_view (view_name, checksum, columns)
values (%(view_name)s, %(checksum)s, %(columns)s)
    on conflict (view_name) do update
   set checksum = excluded.checksum,
       columns = excluded.columns
