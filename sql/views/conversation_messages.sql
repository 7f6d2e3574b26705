create or replace view analytics.conversation_messages as
select workspace_id,
       id                  as conversation_id,
       0::bigint           as position,
       source_id           as message_id,
       'source'            as part_type,
       false               as is_internal,
       created_at,
       source_author_type  as author_type,
       source_author_id    as author_id,
       source_author_name  as author_name,
       source_author_email as author_email,
       null::boolean       as author_from_ai_agent,
       source_subject      as subject,
       source_body         as body,
       source_redacted     as redacted,
       source_attachments  as attachments
  from intercom.conversations
 where deleted_at is null
   and (source_type is not null or source_body is not null or source_author_id is not null)
 union all
select workspace_id,
       conversation_id,
       row_number() over (
           partition by workspace_id, conversation_id order by created_at, length(id), id
       ),
       id,
       part_type,
       coalesce(starts_with(part_type, 'note'), false),
       created_at,
       author_type,
       author_id,
       author_name,
       author_email,
       author_from_ai_agent,
       email_subject,
       body,
       redacted,
       attachments
  from intercom.conversation_parts as part
 where deleted_at is null
   and not exists (
           select from intercom.conversations as gone
            where gone.workspace_id = part.workspace_id
              and gone.id = part.conversation_id
              and gone.deleted_at is not null
       );
comment on view analytics.conversation_messages is
    'All that was said and done in a conversation, in order: the opening message, then the parts. Parts without a body are events.';
comment on column analytics.conversation_messages.position is
    '0 for the opening message, parts from 1 by time. Where parts_truncated, the count begins with the oldest part that is stored.';
comment on column analytics.conversation_messages.message_id is
    'Id of the part; of the opening message, its own id, which may be NULL.';
comment on column analytics.conversation_messages.part_type is
    'source for the opening message.';
comment on column analytics.conversation_messages.is_internal is
    'A note: teammates see it, the contact does not.';
comment on column analytics.conversation_messages.author_from_ai_agent is
    'NULL for the opening message: the API does not say.';
