alter table intercom.tickets
    add column ticket_attributes jsonb
        generated always as (nullif(jsonb_path_query_first(raw, '$.ticket_attributes ? (@.type() == "object")'), '{}')) stored;
comment on column intercom.tickets.ticket_attributes is
    'What the ticket type asks for, by name; with title and description.';

alter table intercom.ticket_parts
    add column updated_attribute_value_id text,
    add column attachments                jsonb
        generated always as (nullif(jsonb_path_query_array(raw, '$.attachments[*] ? (@.type() == "object")'), '[]')) stored;
comment on column intercom.ticket_parts.updated_attribute_value_id is
    'Id of the new value; several ids are joined with commas.';
comment on column intercom.ticket_parts.attachments is
    'List of {type, name, url, content_type, filesize, width, height}; NULL when there are none. Addresses expire. View analytics.attachments has a row for each.';

comment on column intercom.ticket_parts.updated_attribute_value is
    'The new value as people see it; several are joined with commas.';
