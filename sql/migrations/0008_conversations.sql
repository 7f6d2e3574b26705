create table intercom.conversations (
    workspace_id                   text not null,
    id                             text not null,
    created_at                     timestamptz,
    updated_at                     timestamptz,
    title                          text,
    state                          text,
    open                           boolean,
    read                           boolean,
    priority                       text,
    waiting_since                  timestamptz,
    snoozed_until                  timestamptz,
    admin_assignee_id              text,
    team_assignee_id               text,
    company_id                     text,
    source_type                    text,
    source_id                      text,
    source_delivered_as            text,
    source_subject                 text,
    source_body                    text,
    source_url                     text,
    source_redacted                boolean,
    source_author_type             text,
    source_author_id               text,
    source_author_name             text,
    source_author_email            text,
    channel_initial                text,
    channel_current                text,
    first_contact_reply_created_at timestamptz,
    first_contact_reply_type       text,
    first_contact_reply_url        text,
    rating                         bigint,
    rating_remark                  text,
    rating_created_at              timestamptz,
    rating_updated_at              timestamptz,
    rating_contact_id              text,
    rating_teammate_id             text,
    sla_name                       text,
    sla_status                     text,
    ai_agent_participated          boolean,
    ai_agent_source_type           text,
    ai_agent_source_title          text,
    ai_agent_last_answer_type      text,
    ai_agent_resolution_state      text,
    ai_agent_rating                bigint,
    ai_agent_rating_remark         text,
    time_to_assignment             bigint,
    time_to_admin_reply            bigint,
    time_to_first_close            bigint,
    time_to_last_close             bigint,
    median_time_to_reply           bigint,
    handling_time                  bigint,
    adjusted_handling_time         bigint,
    first_contact_reply_at         timestamptz,
    first_assignment_at            timestamptz,
    first_admin_reply_at           timestamptz,
    first_close_at                 timestamptz,
    last_assignment_at             timestamptz,
    last_assignment_admin_reply_at timestamptz,
    last_contact_reply_at          timestamptz,
    last_admin_reply_at            timestamptz,
    last_close_at                  timestamptz,
    last_closed_by_id              text,
    count_reopens                  bigint,
    count_assignments              bigint,
    count_conversation_parts       bigint,
    parts_total_count              bigint,
    parts_truncated                boolean not null default false,
    raw                            jsonb not null,
    synced_at                      timestamptz not null,
    deleted_at                     timestamptz,
    deletion_reason                text,
    primary key (workspace_id, id)
);
comment on table intercom.conversations is
    'Conversations; the opening message is in the source_* columns and is not a part.';
comment on column intercom.conversations.waiting_since is
    'Since when the customer waits for an answer; NULL when nobody waits.';
comment on column intercom.conversations.admin_assignee_id is
    'NULL when nobody is assigned (the API says 0).';
comment on column intercom.conversations.team_assignee_id is
    'NULL when no team is assigned (the API says 0).';
comment on column intercom.conversations.time_to_assignment is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.time_to_admin_reply is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.time_to_first_close is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.time_to_last_close is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.median_time_to_reply is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.handling_time is
    'Seconds, as Intercom counts them.';
comment on column intercom.conversations.count_conversation_parts is
    'Intercom''s own count; includes the opening message.';
comment on column intercom.conversations.parts_total_count is
    'How many parts the API says that there are.';
comment on column intercom.conversations.parts_truncated is
    'The API holds more parts than it gave (it gives the 500 newest); older ones stored earlier are kept.';

create table intercom.conversation_parts (
    workspace_id         text not null,
    conversation_id      text not null,
    id                   text not null,
    part_type            text,
    body                 text,
    created_at           timestamptz,
    updated_at           timestamptz,
    notified_at          timestamptz,
    state                text,
    redacted             boolean,
    external_id          text,
    app_package_code     text,
    author_type          text,
    author_id            text,
    author_name          text,
    author_email         text,
    author_from_ai_agent boolean,
    author_is_ai_answer  boolean,
    assigned_to_type     text,
    assigned_to_id       text,
    raw                  jsonb not null,
    synced_at            timestamptz not null,
    deleted_at           timestamptz,
    deletion_reason      text,
    primary key (workspace_id, conversation_id, id)
);
comment on table intercom.conversation_parts is
    'Everything after the opening message: replies, notes (internal), assignments, state changes.';
comment on column intercom.conversation_parts.part_type is
    'comment, note, assignment, close, open, snoozed, ...: an open list. Notes are internal.';
comment on column intercom.conversation_parts.redacted is
    'The text was removed in Intercom.';

create table intercom.conversation_contacts (
    workspace_id    text not null,
    conversation_id text not null,
    contact_id      text not null,
    contact_type    text,
    external_id     text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, contact_id)
);
comment on table intercom.conversation_contacts is
    'Contacts who take part in a conversation.';

create table intercom.conversation_tags (
    workspace_id    text not null,
    conversation_id text not null,
    tag_id          text not null,
    name            text,
    applied_at      timestamptz,
    applied_by_type text,
    applied_by_id   text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, tag_id)
);
comment on table intercom.conversation_tags is
    'Tags that a conversation carries.';

create table intercom.conversation_teammates (
    workspace_id    text not null,
    conversation_id text not null,
    teammate_id     text not null,
    teammate_type   text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, teammate_id)
);
comment on table intercom.conversation_teammates is
    'Admins who take part in a conversation.';

create table intercom.conversation_linked_objects (
    workspace_id    text not null,
    conversation_id text not null,
    object_id       text not null,
    object_type     text,
    category        text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, object_id)
);
comment on table intercom.conversation_linked_objects is
    'Tickets and conversations linked to a conversation.';

create index on intercom.conversations (workspace_id, updated_at);
create index on intercom.conversations (workspace_id, created_at);
create index on intercom.conversation_contacts (workspace_id, contact_id);
create index on intercom.conversation_tags (workspace_id, tag_id);
