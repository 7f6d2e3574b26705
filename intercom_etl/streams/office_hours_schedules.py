"""Office hours: the weeks that repeat. Days that differ are in `office_hours_exceptions`."""

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, Int, Record, RequiredInt, Text, Time
from intercom_etl.stream import Children, Stream


class OfficeHoursSchedule(Record):
    id: Id
    name: Text = None
    time_zone_name: Text = None
    twenty_four_seven: Flag = None
    created_at: Time = None
    updated_at: Time = None


class OfficeHoursScheduleInterval(Record):
    start_minute: RequiredInt
    end_minute: Int = None
    day_of_week: Int = None


STREAM = Stream(
    name="office_hours_schedules",
    title="Office hours",
    permission="Read and write office hours",
    model=OfficeHoursSchedule,
    endpoint=Listing("/office_hours_schedules"),
    children=(
        Children(
            table="office_hours_schedule_intervals",
            model=OfficeHoursScheduleInterval,
            paths=(("time_intervals",),),
            parent_key="office_hours_schedule_id",
            key="start_minute",
        ),
    ),
)
