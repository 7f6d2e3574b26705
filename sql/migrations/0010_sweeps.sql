alter table etl.bookmark
    add column swept_at     timestamptz,
    add column unlisted     bigint not null default 0,
    add column reread_after text;
comment on column etl.bookmark.swept_at is 'When the whole collection was last listed, so that what is missing from it was noticed.';
comment on column etl.bookmark.unlisted is 'How many stored records the API did not list then and yet did not deny either.';
comment on column etl.bookmark.reread_after is 'Id up to which the present round of reading everything again has come.';

alter table intercom.contacts
    add column merged_into text;
comment on column intercom.contacts.merged_into is 'The contact that took this one over; set together with deletion_reason `merged`.';
