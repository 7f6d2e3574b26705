-- ids of refused records may be longer than an index entry can be
drop index etl.quarantine_open_once;
create unique index quarantine_open_once on etl.quarantine
    (workspace_id, stream, md5(coalesce(parent_id, '')), md5(coalesce(record_id, '')), md5(raw), md5(reason))
    where resolved_at is null;
