create table intercom.macros (
    workspace_id    text not null,
    id              text not null,
    name            text,
    body            text,
    body_text       text,
    visible_to      text,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.macros is 'Saved replies that the token''s teammate may see.';
comment on column intercom.macros.body is 'HTML with placeholders as <attribute> elements.';
comment on column intercom.macros.body_text is 'Text with placeholders in braces.';
comment on column intercom.macros.visible_to is 'everyone or specific_teams.';

create table intercom.macro_teams (
    workspace_id    text not null,
    macro_id        text not null,
    team_id         text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, macro_id, team_id)
);
comment on table intercom.macro_teams is 'Teams that a macro is meant for.';
create index on intercom.macro_teams (workspace_id, team_id);

create table intercom.macro_places (
    workspace_id    text not null,
    macro_id        text not null,
    place           text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, macro_id, place)
);
comment on table intercom.macro_places is 'Where a macro can be used.';
comment on column intercom.macro_places.place is 'inbox or messenger.';
