-- one attribute of many ticket types is one column
select workspace_id,
       raw ->> 'name'                                                as name,
       raw ->> 'data_type'                                           as data_type,
       raw ->> 'archived' is not distinct from 'true' or deleted_at is not null as retired
  from intercom.ticket_type_attributes
 where raw ->> 'name' is not null
