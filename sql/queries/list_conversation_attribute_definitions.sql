select workspace_id,
       name,
       data_type,
       coalesce(archived, false) or deleted_at is not null as retired
  from intercom.conversation_attributes
 where name is not null
