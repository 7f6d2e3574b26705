create table intercom.companies (
    workspace_id      text not null,
    id                text not null,
    company_id        text,
    name              text,
    app_id            text,
    plan_id           text,
    plan_name         text,
    created_at        timestamptz,
    updated_at        timestamptz,
    remote_created_at timestamptz,
    last_request_at   timestamptz,
    size              bigint,
    website           text,
    industry          text,
    monthly_spend     double precision,
    session_count     bigint,
    user_count        bigint,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.companies is
    'Companies as the scroll lists them.';
comment on column intercom.companies.company_id is
    'The customer''s own id of this company; `id` is Intercom''s.';

create table intercom.company_tags (
    workspace_id    text not null,
    company_id      text not null,
    tag_id          text not null,
    name            text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, company_id, tag_id)
);
comment on table intercom.company_tags is
    'Tags that a company carries.';

create table intercom.company_segments (
    workspace_id    text not null,
    company_id      text not null,
    segment_id      text not null,
    name            text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, company_id, segment_id)
);
comment on table intercom.company_segments is
    'Segments that a company is in.';

create index on intercom.companies (workspace_id, updated_at);
