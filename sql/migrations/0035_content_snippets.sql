create table intercom.content_snippets (
    workspace_id                text not null,
    id                          text not null,
    title                       text,
    locale                      text,
    body_markdown               text,
    ai_chatbot_availability     boolean,
    ai_copilot_availability     boolean,
    ai_sales_agent_availability boolean,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    raw                         jsonb not null,
    synced_at                   timestamptz not null,
    deleted_at                  timestamptz,
    deletion_reason             text,
    primary key (workspace_id, id)
);
comment on table intercom.content_snippets is
    'Short texts that Fin and Copilot answer from.';
comment on column intercom.content_snippets.ai_chatbot_availability is
    'Whether Fin answers from it.';

create table intercom.content_snippet_audiences (
    workspace_id       text not null,
    content_snippet_id text not null,
    audience_id        text not null,
    raw                jsonb not null,
    synced_at          timestamptz not null,
    deleted_at         timestamptz,
    deletion_reason    text,
    primary key (workspace_id, content_snippet_id, audience_id)
);
comment on table intercom.content_snippet_audiences is
    'Audiences that a snippet is meant for; no row: everybody.';
