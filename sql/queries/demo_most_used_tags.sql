select name as tag,
       count(*) as conversations
  from intercom.conversation_tags
 where deleted_at is null
 group by name
 order by conversations desc, tag
 limit 5
