alter table intercom.conversations
    add column ticket_id                   text,
    add column source_email_message_id     text,
    add column source_email_subject        text,
    add column rating_teammate_type        text,
    add column ai_agent_created_at         timestamptz,
    add column ai_agent_updated_at         timestamptz,
    add column sales_agent_participated    boolean,
    add column sales_agent_outcome         text,
    add column sales_agent_routing_outcome text,
    add column sales_agent_collected_data  jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.sales_agent.collected_data ? (@.type() == "object")'), '{}')) stored,
    add column custom_attributes           jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.custom_attributes ? (@.type() == "object")'), '{}')) stored,
    add column source_attachments          jsonb
        generated always as (nullif(jsonb_path_query_array(raw, '$.source.attachments[*] ? (@.type() == "object")'), '[]')) stored;
comment on column intercom.conversations.ticket_id is
    'The ticket that this conversation is about, where the API says so.';
comment on column intercom.conversations.source_email_message_id is
    'Message-ID header of the opening email.';
comment on column intercom.conversations.rating_teammate_type is
    'admin, team, bot or workflow: who was rated.';
comment on column intercom.conversations.ai_agent_created_at is
    'When the rating of the AI agent was made.';
comment on column intercom.conversations.ai_agent_updated_at is
    'When the rating of the AI agent was last changed.';
comment on column intercom.conversations.sales_agent_collected_data is
    'What the sales agent found out, by name.';
comment on column intercom.conversations.custom_attributes is
    'What the workspace itself records, by name; NULL when there is nothing.';
comment on column intercom.conversations.source_attachments is
    'Of the opening message. List of {type, name, url, content_type, filesize, width, height}; NULL when there are none. Addresses expire. View analytics.attachments has a row for each.';

alter table intercom.conversation_parts
    add column email_message_id text,
    add column email_subject    text,
    add column quick_reply_uuid text,
    add column attachments      jsonb
        generated always as (nullif(jsonb_path_query_array(raw, '$.attachments[*] ? (@.type() == "object")'), '[]')) stored,
    add column event_details    jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.event_details ? (@.type() == "object")'), '{}')) stored,
    add column tags             jsonb
        generated always as (nullif(jsonb_path_query_array(raw, '$.tags[*] ? (@.type() == "object")'), '[]')) stored;
comment on column intercom.conversation_parts.email_message_id is
    'Message-ID header, when the part was sent as an email.';
comment on column intercom.conversation_parts.quick_reply_uuid is
    'Which of the quick replies that were offered the contact chose.';
comment on column intercom.conversation_parts.attachments is
    'List of {type, name, url, content_type, filesize, width, height}; NULL when there are none. Addresses expire. View analytics.attachments has a row for each.';
comment on column intercom.conversation_parts.event_details is
    'What a part that is no message tells: which attribute became what, which action or workflow ran and how it ended.';
comment on column intercom.conversation_parts.tags is
    'List of {id, name}; view analytics.conversation_part_tags has a row for each.';

create table intercom.conversation_ai_content_sources (
    workspace_id    text not null,
    conversation_id text not null,
    position        bigint not null,
    content_type    text,
    title           text,
    url             text,
    locale          text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, position)
);
comment on table intercom.conversation_ai_content_sources is
    'What the AI agent took its answers from.';
comment on column intercom.conversation_ai_content_sources.position is
    'Place in the list, from 1.';
comment on column intercom.conversation_ai_content_sources.content_type is
    'file, article, external_content, content_snippet, workflow_connector_action, ...: an open list.';
comment on column intercom.conversation_ai_content_sources.url is
    'Opens the content for teammates.';

create table intercom.conversation_team_response_times (
    workspace_id    text not null,
    conversation_id text not null,
    position        bigint not null,
    in_office_hours boolean not null,
    team_id         text,
    team_name       text,
    response_time   bigint,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, position, in_office_hours)
);
comment on table intercom.conversation_team_response_times is
    'How fast each assigned team first answered: one row by the clock, one by office hours.';
comment on column intercom.conversation_team_response_times.position is
    'Place in the list, from 1.';
comment on column intercom.conversation_team_response_times.team_id is
    'NULL when the team is gone or none was assigned.';
comment on column intercom.conversation_team_response_times.response_time is
    'Seconds, as Intercom counts them.';

create table intercom.conversation_topics (
    workspace_id    text not null,
    conversation_id text not null,
    topic_id        text not null,
    name            text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, topic_id)
);
comment on table intercom.conversation_topics is
    'Topics that Intercom found in a conversation.';

create table intercom.conversation_external_references (
    workspace_id    text not null,
    conversation_id text not null,
    reference_id    text not null,
    reference_type  text not null,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, reference_id, reference_type)
);
comment on table intercom.conversation_external_references is
    'What a conversation is in another helpdesk or CRM.';
comment on column intercom.conversation_external_references.reference_type is
    'zendesk_ticket, ...: an open list.';

create table intercom.conversation_recipients (
    workspace_id    text not null,
    conversation_id text not null,
    position        bigint not null,
    listed_in       text not null,
    recipient_type  text,
    email           text,
    name            text,
    drop_reason     text,
    raw             jsonb not null,
    synced_at       timestamptz not null,
    deleted_at      timestamptz,
    deletion_reason text,
    primary key (workspace_id, conversation_id, position, listed_in)
);
comment on table intercom.conversation_recipients is
    'Addresses of the email that opened a conversation.';
comment on column intercom.conversation_recipients.position is
    'Place in the list, from 1.';
comment on column intercom.conversation_recipients.listed_in is
    'recipients, or reply_to for the Reply-To header.';
comment on column intercom.conversation_recipients.recipient_type is
    'to, cc or bcc; NULL for reply_to.';
comment on column intercom.conversation_recipients.drop_reason is
    'Why Intercom dropped this recipient.';

create index on intercom.conversation_topics (workspace_id, topic_id);
