select to_regclass('analytics.' || quote_ident(%(name)s)) is not null as found
