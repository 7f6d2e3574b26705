alter table intercom.admins
    add column avatar_url text;

create table intercom.admin_team_priorities (
    workspace_id    text not null,
    admin_id        text not null,
    team_id         text not null,
    priority        text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, admin_id, team_id)
);
comment on table intercom.admin_team_priorities is
    'How an admin ranks their teams, where assignment goes by that.';
comment on column intercom.admin_team_priorities.priority is
    'primary or secondary.';

create table intercom.team_admin_priorities (
    workspace_id    text not null,
    team_id         text not null,
    admin_id        text not null,
    priority        text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, team_id, admin_id)
);
comment on table intercom.team_admin_priorities is
    'How a team ranks its admins, where assignment goes by that.';
comment on column intercom.team_admin_priorities.priority is
    'primary or secondary.';

alter table intercom.tags
    add column applied_by_type text;

alter table intercom.companies
    add column custom_attributes jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.custom_attributes ? (@.type() == "object")'), '{}')) stored;
comment on column intercom.companies.custom_attributes is
    'What the workspace itself records, by name; NULL when there is nothing.';
