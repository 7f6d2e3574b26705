create table intercom.external_pages (
    workspace_id                text not null,
    id                          text not null,
    external_id                 text,
    source_id                   text,
    title                       text,
    html                        text,
    url                         text,
    locale                      text,
    ai_agent_availability       boolean,
    ai_copilot_availability     boolean,
    ai_sales_agent_availability boolean,
    last_ingested_at            timestamptz,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    raw                         jsonb not null,
    synced_at                   timestamptz not null,
    deleted_at                  timestamptz,
    deletion_reason             text,
    primary key (workspace_id, id)
);
comment on table intercom.external_pages is
    'Text from outside Intercom that Fin answers from.';
comment on column intercom.external_pages.external_id is
    'The source''s own id of the page.';
comment on column intercom.external_pages.source_id is
    'The row of `content_import_sources`.';
comment on column intercom.external_pages.ai_agent_availability is
    'Whether Fin answers from it.';

create index on intercom.external_pages (workspace_id, source_id);
