create or replace view analytics.conversation_part_tags as
select parts.workspace_id,
       parts.conversation_id,
       parts.id          as part_id,
       tag.value ->> 'id'   as tag_id,
       tag.value ->> 'name' as name
  from intercom.conversation_parts as parts
 cross join lateral jsonb_array_elements(parts.tags) as tag
 where parts.deleted_at is null
   and not exists (
           select from intercom.conversations as gone
            where gone.workspace_id = parts.workspace_id
              and gone.id = parts.conversation_id
              and gone.deleted_at is not null
       );
comment on view analytics.conversation_part_tags is
    'Tags on single messages of a conversation; those on the whole of it are in intercom.conversation_tags.';
