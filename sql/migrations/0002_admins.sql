create table intercom.admins (
    workspace_id          text not null,
    id                    text not null,
    name                  text,
    email                 text,
    job_title             text,
    away_mode_enabled     boolean,
    away_mode_reassign    boolean,
    away_status_reason_id text,
    has_inbox_seat        boolean,
    role_id               text,
    role_name             text,
    raw                   jsonb not null,
    synced_at             timestamptz not null,
    deleted_at            timestamptz,
    deletion_reason       text,
    primary key (workspace_id, id)
);
comment on table intercom.admins is
    'Teammates of the workspace; a removed one vanishes from the API and stays referenced elsewhere.';

create table intercom.admin_teams (
    workspace_id    text not null,
    admin_id        text not null,
    team_id         text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, admin_id, team_id)
);
comment on table intercom.admin_teams is
    'Which teams an admin is in, as the admin lists them.';
