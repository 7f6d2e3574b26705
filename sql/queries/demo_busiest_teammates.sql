select admins.name as teammate,
       count(*) as replies,
       count(distinct parts.conversation_id) as conversations
  from intercom.conversation_parts as parts
  join intercom.admins on admins.workspace_id = parts.workspace_id
                      and admins.id = parts.author_id
 where parts.part_type = 'comment'
   and parts.author_type = 'admin'
 group by admins.workspace_id, admins.id, admins.name
 order by replies desc, teammate
 limit 5
