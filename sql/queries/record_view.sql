insert into etl.view (name, checksum, made_at)
values (%(name)s, %(checksum)s, now())
    on conflict (name)
    do update set checksum = excluded.checksum, made_at = excluded.made_at
