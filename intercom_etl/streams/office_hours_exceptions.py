"""Days on which a schedule of office hours does not hold: holidays, shorter days."""

from intercom_etl.endpoint import Listing, PerParent
from intercom_etl.record import Date, Flag, Id, Int, OptionalId, Record, RequiredInt, Text, Time
from intercom_etl.stream import Children, Stream


class OfficeHoursException(Record):
    id: Id
    office_hours_schedule_id: OptionalId = None
    exception_date: Date = None
    exception_type: Text = None
    name: Text = None
    recurring_annually: Flag = None
    created_at: Time = None
    updated_at: Time = None


class OfficeHoursExceptionInterval(Record):
    start_minute: RequiredInt
    end_minute: Int = None
    day_of_week: Int = None


STREAM = Stream(
    name="office_hours_exceptions",
    title="Exceptions from office hours",
    permission="Read and write office hours",
    model=OfficeHoursException,
    endpoint=PerParent(
        parent="office_hours_schedules",
        each=Listing("/office_hours_schedules/{id}/office_hours_exceptions"),
        parent_key="office_hours_schedule_id",
        each_run=True,
    ),
    optional="one request a schedule",
    children=(
        Children(
            table="office_hours_exception_intervals",
            model=OfficeHoursExceptionInterval,
            paths=(("time_intervals",),),
            parent_key="office_hours_exception_id",
            key="start_minute",
        ),
    ),
)
