with recursive person (id) as (
    select %(contact_id)s::text
     union
    select contact.id
      from intercom.contacts contact
      join person on contact.merged_into = person.id
     where contact.workspace_id = %(workspace_id)s
)
select contact.id, contact.email, contact.phone, contact.external_id
  from intercom.contacts contact
  join person using (id)
 where contact.workspace_id = %(workspace_id)s
