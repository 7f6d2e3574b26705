create table intercom.office_hours_schedules (
    workspace_id      text not null,
    id                text not null,
    name              text,
    time_zone_name    text,
    twenty_four_seven boolean,
    created_at        timestamptz,
    updated_at        timestamptz,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.office_hours_schedules is
    'Office hours: weeks that repeat.';
comment on column intercom.office_hours_schedules.time_zone_name is
    'IANA name, like `Europe/Dublin`.';
comment on column intercom.office_hours_schedules.twenty_four_seven is
    'Always open, whatever the intervals say.';

create table intercom.office_hours_schedule_intervals (
    workspace_id             text not null,
    office_hours_schedule_id text not null,
    start_minute             bigint not null,
    end_minute               bigint,
    day_of_week              bigint,
    raw                      jsonb not null,
    synced_at                timestamptz not null,
    deleted_at               timestamptz,
    deletion_reason          text,
    primary key (workspace_id, office_hours_schedule_id, start_minute)
);
comment on table intercom.office_hours_schedule_intervals is
    'When a schedule is open, in minutes from Monday 00:00 in its time zone.';
comment on column intercom.office_hours_schedule_intervals.start_minute is
    '0 to 10080.';
comment on column intercom.office_hours_schedule_intervals.day_of_week is
    '0 is Monday.';
