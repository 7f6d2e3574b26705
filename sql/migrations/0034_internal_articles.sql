create table intercom.internal_articles (
    workspace_id                text not null,
    id                          text not null,
    title                       text,
    body                        text,
    body_markdown               text,
    locale                      text,
    owner_id                    text,
    author_id                   text,
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
comment on table intercom.internal_articles is
    'Articles that only teammates and Fin read.';
comment on column intercom.internal_articles.body is
    'HTML.';
comment on column intercom.internal_articles.ai_chatbot_availability is
    'Whether Fin answers from it.';

create table intercom.internal_article_audiences (
    workspace_id        text not null,
    internal_article_id text not null,
    audience_id         text not null,
    raw                 jsonb not null,
    synced_at           timestamptz not null,
    deleted_at          timestamptz,
    deletion_reason     text,
    primary key (workspace_id, internal_article_id, audience_id)
);
comment on table intercom.internal_article_audiences is
    'Audiences that an internal article is meant for; no row: everybody.';
