create table intercom.newsfeed_items (
    workspace_id    text not null,
    id              text not null,
    newsfeed_id     text,
    news_item_id    text,
    title           text,
    state           text,
    created_at      timestamptz,
    updated_at      timestamptz,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, id)
);
comment on table intercom.newsfeed_items is
    'News items that are live on a newsfeed.';
comment on column intercom.newsfeed_items.id is
    'Newsfeed and news item, joined by a colon: an item may be live on several newsfeeds.';

create index on intercom.newsfeed_items (workspace_id, newsfeed_id);
create index on intercom.newsfeed_items (workspace_id, news_item_id);
