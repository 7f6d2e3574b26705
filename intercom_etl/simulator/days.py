"""How a search compares dates: to the second, or by calendar day of the workspace (contacts up to 2.16)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from intercom_etl.simulator.refusal import invalid

Test = Callable[[object], bool]

DAY_OPERATORS = ("=", ">", "<")


def start_of_day(day: date, zone: ZoneInfo) -> int:
    """Unix second of local midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def day_bounds(second: int, zone: ZoneInfo) -> tuple[int, int]:
    """Start of the local day that holds this second, and of the next one; 23 to 25 hours apart."""
    try:
        day = datetime.fromtimestamp(second, zone).date()
        return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
    except (ValueError, OverflowError, OSError) as error:
        raise invalid(f"{second} is not a valid date") from error


def day_test(field: str, operator: str, second: int, zone: ZoneInfo) -> Test:
    """`=` is the whole day, `>` begins with the next day, `<` ends before the day."""
    if operator not in DAY_OPERATORS:
        raise invalid(f"operator {operator} is not supported on date field {field}")
    start, following = day_bounds(second, zone)
    if operator == "=":
        return lambda value: isinstance(value, int) and start <= value < following
    if operator == ">":
        return lambda value: isinstance(value, int) and value >= following
    return lambda value: isinstance(value, int) and value < start
