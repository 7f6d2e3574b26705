create table intercom.office_hours_exceptions (
    workspace_id             text not null,
    id                       text not null,
    office_hours_schedule_id text,
    exception_date           date,
    exception_type           text,
    name                     text,
    recurring_annually       boolean,
    created_at               timestamptz,
    updated_at               timestamptz,
    raw                      jsonb not null,
    synced_at                timestamptz not null,
    deleted_at               timestamptz,
    deletion_reason          text,
    primary key (workspace_id, id)
);
comment on table intercom.office_hours_exceptions is
    'Days on which a schedule of office hours does not hold.';
comment on column intercom.office_hours_exceptions.exception_type is
    'closed or custom_hours.';
comment on column intercom.office_hours_exceptions.recurring_annually is
    'Holds every year on this day.';

create table intercom.office_hours_exception_intervals (
    workspace_id              text not null,
    office_hours_exception_id text not null,
    start_minute              bigint not null,
    end_minute                bigint,
    day_of_week               bigint,
    raw                       jsonb not null,
    synced_at                 timestamptz not null,
    deleted_at                timestamptz,
    deletion_reason           text,
    primary key (workspace_id, office_hours_exception_id, start_minute)
);
comment on table intercom.office_hours_exception_intervals is
    'When an exceptional day is open, in minutes from its midnight; no row: closed.';
comment on column intercom.office_hours_exception_intervals.start_minute is
    '0 to 1440.';
comment on column intercom.office_hours_exception_intervals.day_of_week is
    '0 is Monday.';

create index on intercom.office_hours_exceptions (workspace_id, office_hours_schedule_id);
