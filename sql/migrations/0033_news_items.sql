create table intercom.news_items (
    workspace_id     text not null,
    id               text not null,
    title            text,
    body             text,
    state            text,
    sender_id        text,
    cover_image_url  text,
    deliver_silently boolean,
    created_at       timestamptz,
    updated_at       timestamptz,
    reactions        jsonb generated always as (nullif(raw -> 'reactions', 'null')) stored,
    raw              jsonb not null,
    synced_at        timestamptz not null,
    deleted_at       timestamptz,
    deletion_reason  text,
    primary key (workspace_id, id)
);
comment on table intercom.news_items is
    'News items, drafts too.';
comment on column intercom.news_items.state is
    'draft or live.';
comment on column intercom.news_items.sender_id is
    'A teammate.';
comment on column intercom.news_items.reactions is
    'Emoji in their order; read from raw.';

create table intercom.news_item_newsfeeds (
    workspace_id    text not null,
    news_item_id    text not null,
    newsfeed_id     text not null,
    published_at    timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, news_item_id, newsfeed_id)
);
comment on table intercom.news_item_newsfeeds is
    'Newsfeeds that a news item is assigned to.';

create table intercom.news_item_labels (
    workspace_id    text not null,
    news_item_id    text not null,
    label           text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, news_item_id, label)
);
comment on table intercom.news_item_labels is
    'Labels that a news item carries.';
