-- two runs must not make the same view at once; the constant spells "views" on a phone's keys
select pg_advisory_xact_lock(84397)
