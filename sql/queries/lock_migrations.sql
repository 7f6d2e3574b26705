-- any constant will do; this one spells "intercom" on a phone's keys
select pg_advisory_xact_lock(46837266)
