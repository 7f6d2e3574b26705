-- a note is worth no wait: whoever holds the row is let go first
update etl.run
   set streams = %(streams)s
 where id = (select id from etl.run where id = %(id)s and status = 'running' for no key update skip locked)
returning id
