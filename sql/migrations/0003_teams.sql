create table intercom.teams (
    workspace_id        text not null,
    id                  text not null,
    name                text,
    assignment_limit    bigint,
    distribution_method text,
    raw                 jsonb not null,
    synced_at           timestamptz not null,
    deleted_at          timestamptz,
    deletion_reason     text,
    primary key (workspace_id, id)
);
comment on table intercom.teams is
    'Teams of the workspace.';

create table intercom.team_admins (
    workspace_id    text not null,
    team_id         text not null,
    admin_id        text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, team_id, admin_id)
);
comment on table intercom.team_admins is
    'Which admins a team has, as the team lists them.';
