create table intercom.content_export_rows (
    workspace_id               text not null,
    id                         text not null,
    statistic                  text not null,
    record_key                 text not null,
    receipt_id                 text,
    received_at                timestamptz,
    user_id                    text,
    user_external_id           text,
    company_id                 text,
    email                      text,
    name                       text,
    ruleset_id                 text,
    ruleset_version_id         text,
    content_id                 text,
    content_type               text,
    content_title              text,
    series_id                  text,
    series_title               text,
    node_id                    text,
    first_reply                timestamptz,
    first_completion           timestamptz,
    first_series_completion    timestamptz,
    first_series_disengagement timestamptz,
    first_series_exit          timestamptz,
    first_goal_success         timestamptz,
    first_open                 timestamptz,
    first_click                timestamptz,
    first_dismisall            timestamptz,
    first_unsubscribe          timestamptz,
    first_hard_bounce          timestamptz,
    raw                        jsonb not null,
    synced_at                  timestamptz not null,
    deleted_at                 timestamptz,
    deletion_reason            text,
    primary key (workspace_id, id)
);
comment on table intercom.content_export_rows is 'Deliveries of outbound messages and what came of them: one row for each row of the content export. What became of a message later than 14 days after it was sent may be missing.';
comment on column intercom.content_export_rows.id is 'statistic and record_key.';
comment on column intercom.content_export_rows.statistic is 'What the row counts: the name of its file without the time in it. `receipts` are the deliveries, and have the columns below; of all others `raw` has the rest.';
comment on column intercom.content_export_rows.record_key is 'receipt_id of a delivery; of all other rows a hash of everything that they say: rows that say the same are one.';
comment on column intercom.content_export_rows.receipt_id is 'The delivery that the row belongs to.';
comment on column intercom.content_export_rows.received_at is 'When the message was delivered.';
comment on column intercom.content_export_rows.user_id is 'The contact.';
comment on column intercom.content_export_rows.user_external_id is 'The contact''s external_id.';
comment on column intercom.content_export_rows.company_id is 'The company of the contact with which the message was sent, empty where there is none.';
comment on column intercom.content_export_rows.ruleset_id is 'The message.';
comment on column intercom.content_export_rows.ruleset_version_id is 'The version of the message; each edit is a new one.';
comment on column intercom.content_export_rows.content_id is 'The very content: the versions of an A/B test have one each.';
comment on column intercom.content_export_rows.content_type is 'Email, Chat, Post and others.';
comment on column intercom.content_export_rows.series_id is 'The series that the message belongs to, empty where there is none.';
comment on column intercom.content_export_rows.node_id is 'The block of the series.';
comment on column intercom.content_export_rows.first_dismisall is 'When it was first dismissed. The column is spelled as Intercom spells it.';
create index on intercom.content_export_rows (workspace_id, receipt_id);
create index on intercom.content_export_rows (workspace_id, received_at);
create index on intercom.content_export_rows (workspace_id, user_id);
