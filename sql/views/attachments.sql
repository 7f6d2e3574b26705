create or replace view analytics.attachments as
with held as (
    select workspace_id, 'conversation_source' as place, id as conversation_id, null::text as ticket_id,
           source_id as message_id, created_at, source_attachments as files
      from intercom.conversations
     where source_attachments is not null and deleted_at is null
     union all
    select workspace_id, 'conversation_part', conversation_id, null, id, created_at, attachments
      from intercom.conversation_parts as part
     where attachments is not null and deleted_at is null
       and not exists (
               select from intercom.conversations as gone
                where gone.workspace_id = part.workspace_id
                  and gone.id = part.conversation_id
                  and gone.deleted_at is not null
           )
     union all
    select workspace_id, 'ticket_part', null, ticket_id, id, created_at, attachments
      from intercom.ticket_parts as part
     where attachments is not null and deleted_at is null
       and not exists (
               select from intercom.tickets as gone
                where gone.workspace_id = part.workspace_id
                  and gone.id = part.ticket_id
                  and gone.deleted_at is not null
           )
)
select held.workspace_id,
       held.place,
       held.conversation_id,
       held.ticket_id,
       held.message_id,
       held.created_at,
       file.position,
       file.value ->> 'name'         as name,
       file.value ->> 'url'          as url,
       file.value ->> 'content_type' as content_type,
       case when file.value ->> 'filesize' ~ '^\d{1,18}$' then (file.value ->> 'filesize')::bigint end as filesize,
       case when file.value ->> 'width' ~ '^\d{1,18}$' then (file.value ->> 'width')::bigint end       as width,
       case when file.value ->> 'height' ~ '^\d{1,18}$' then (file.value ->> 'height')::bigint end     as height
  from held
 cross join lateral jsonb_array_elements(held.files) with ordinality as file (value, position);
comment on view analytics.attachments is
    'Files on messages of conversations and tickets, one row each.';
comment on column analytics.attachments.place is
    'conversation_source (the opening message), conversation_part or ticket_part.';
comment on column analytics.attachments.message_id is
    'Id of the part; of an opening message, its own id, which may be NULL.';
comment on column analytics.attachments.created_at is
    'When the message was written.';
comment on column analytics.attachments.position is
    'Place among the files of the message, from 1.';
comment on column analytics.attachments.url is
    'Expires, often within half an hour of synced_at.';
comment on column analytics.attachments.filesize is
    'Bytes.';
