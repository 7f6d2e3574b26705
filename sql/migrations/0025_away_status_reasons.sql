create table intercom.away_status_reasons (
    workspace_id    text not null,
    id              text not null,
    label           text,
    emoji           text,
    sort_order      bigint,
    deleted         boolean,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.away_status_reasons is
    'Reasons that teammates give for being away.';
comment on column intercom.away_status_reasons.sort_order is
    '`order` in the API.';
comment on column intercom.away_status_reasons.deleted is
    'Deleted in Intercom; the list keeps it, so `deleted_at` stays empty.';
