create table intercom.articles (
    workspace_id                     text not null,
    id                               text not null,
    title                            text,
    description                      text,
    body                             text,
    body_markdown                    text,
    state                            text,
    url                              text,
    author_id                        text,
    created_by_id                    text,
    updated_by_id                    text,
    created_at                       timestamptz,
    updated_at                       timestamptz,
    default_locale                   text,
    has_unpublished_changes          boolean,
    draft_updated_at                 timestamptz,
    scheduled_publish_at             timestamptz,
    scheduled_unpublish_at           timestamptz,
    help_center_audience             text,
    exclude_from_article_suggestions boolean,
    ai_chatbot_availability          boolean,
    ai_copilot_availability          boolean,
    ai_sales_agent_availability      boolean,
    views                            bigint,
    conversions                      bigint,
    conversations                    bigint,
    reactions                        bigint,
    happy_reaction_percentage        double precision,
    neutral_reaction_percentage      double precision,
    sad_reaction_percentage          double precision,
    fin_involvements                 bigint,
    fin_resolutions                  bigint,
    fin_resolution_rate              double precision,
    raw                              jsonb not null,
    synced_at                        timestamptz not null,
    deleted_at                       timestamptz,
    deletion_reason                  text,
    primary key (workspace_id, id)
);
comment on table intercom.articles is 'Articles of the help centers.';
comment on column intercom.articles.updated_at is 'Statistics change without it: they are as of synced_at.';
comment on column intercom.articles.body is 'HTML, in the default language.';
comment on column intercom.articles.views is 'As of synced_at.';
comment on column intercom.articles.conversions is 'Conversations that began at the article, as the reference names them.';
comment on column intercom.articles.conversations is 'The same, as the API''s examples name them.';
comment on column intercom.articles.fin_resolution_rate is 'Percent of the involvements that resolved the question.';
comment on column intercom.articles.help_center_audience is 'Who may read it.';

create table intercom.article_translations (
    workspace_id                text not null,
    article_id                  text not null,
    locale                      text not null,
    title                       text,
    description                 text,
    body                        text,
    body_markdown               text,
    state                       text,
    url                         text,
    author_id                   text,
    created_by_id               text,
    updated_by_id               text,
    created_at                  timestamptz,
    updated_at                  timestamptz,
    has_unpublished_changes     boolean,
    draft_updated_at            timestamptz,
    ai_chatbot_availability     boolean,
    ai_copilot_availability     boolean,
    ai_sales_agent_availability boolean,
    raw                         jsonb not null,
    synced_at                   timestamptz not null,
    deleted_at                  timestamptz,
    deletion_reason             text,
    primary key (workspace_id, article_id, locale)
);
comment on table intercom.article_translations is 'Articles in every language that they are written in.';
comment on column intercom.article_translations.locale is 'Like en or pt-BR.';
comment on column intercom.article_translations.body is 'HTML.';

create table intercom.article_tags (
    workspace_id    text not null,
    article_id      text not null,
    tag_id          text not null,
    name            text,
    applied_at      timestamptz,
    applied_by_type text,
    applied_by_id   text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, article_id, tag_id)
);
comment on table intercom.article_tags is 'Tags that an article carries.';
create index on intercom.article_tags (workspace_id, tag_id);

create table intercom.article_parents (
    workspace_id    text not null,
    article_id      text not null,
    parent_id       text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, article_id, parent_id)
);
comment on table intercom.article_parents is 'Collections that an article stands in.';
comment on column intercom.article_parents.parent_id is 'Id of a collection (help center section).';
create index on intercom.article_parents (workspace_id, parent_id);
