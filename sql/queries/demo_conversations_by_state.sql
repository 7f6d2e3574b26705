select state,
       count(*) as conversations,
       round(100.0 * count(*) / sum(count(*)) over (), 1) as percent
  from intercom.conversations
 where deleted_at is null
 group by state
 order by conversations desc, state
