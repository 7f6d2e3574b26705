select count(time_to_admin_reply) as answered,
       make_interval(secs => round(percentile_cont(0.5) within group (order by time_to_admin_reply))) as median_first_reply,
       make_interval(secs => round(percentile_cont(0.9) within group (order by time_to_admin_reply))) as nine_in_ten_within
  from intercom.conversations
 where deleted_at is null
