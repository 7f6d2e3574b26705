select workspace_id,
       name,
       data_type,
       coalesce(archived, false) or deleted_at is not null as retired
  from intercom.data_attributes
 where model = %(model)s
   and (custom or full_name like 'custom\_attributes.%%')
   and name is not null
