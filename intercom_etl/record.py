"""The field types that models of Intercom objects are made of.

Strict where it matters, lenient where the API drifts: an id must be there and is always text;
everything else is optional, unknown keys and enum values stay in `raw`. A value that does not fit
its column becomes NULL and is counted (see `transform/validate.py`), it never costs the record.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

MAX_INT64 = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z: Python cannot read back anything later
EARLIEST_SECOND = -62_135_596_800  # 0001-01-01T00:00:00Z
MILLISECONDS_FROM = 300_000_000_000  # as seconds the year 11476, as milliseconds 1979
LONGEST_ID = 512
UNUSABLE = frozenset("\x00\ufffd")  # what cannot be stored, and what stands for it: no two ids may become one
OUTSIDE = "time is outside the years 1 to 9999"


class Record(BaseModel):
    """Base of all models: flat, one field per column, read straight from JSON by alias path.

    `left_in_raw` are members that are known and have no column on purpose, `undeclared` those
    known ones that the official spec does not declare and live answers hold all the same.
    `is_open`: the workspace itself names the members, so that none is unknown. `made_here` are fields
    that are filled by us and never by the API.
    """

    left_in_raw: ClassVar[frozenset[str]] = frozenset()
    undeclared: ClassVar[frozenset[str]] = frozenset()
    made_here: ClassVar[frozenset[str]] = frozenset()
    is_open: ClassVar[bool] = False

    model_config = ConfigDict(
        extra="ignore",
        coerce_numbers_to_str=True,
        loc_by_alias=False,
        hide_input_in_errors=True,
    )


@cache
def keys_read(model: type[Record]) -> frozenset[str]:
    """The members of a JSON object that the model looks at."""
    aliases = (
        (name, field.validation_alias)
        for name, field in model.model_fields.items()
        if name not in model.made_here
    )
    return frozenset(
        str(alias.path[0]) if isinstance(alias, AliasPath) else str(alias or name) for name, alias in aliases
    )


@cache
def keys_known(model: type[Record]) -> frozenset[str]:
    """The members that nobody need be told of: read, or left in `raw` on purpose. All objects have `type`."""
    return keys_read(model) | model.left_in_raw | {"type"}


def at(*path: str) -> Any:
    """An optional field that stands deeper in the record: `at("source", "author", "id")`."""
    return Field(default=None, validation_alias=AliasPath(*path))


def _unix_time(value: Any, info: ValidationInfo) -> Any:
    """Unix seconds, as numbers or digits, or ISO 8601 text. 0 means "never" in this API."""
    if isinstance(value, str):
        if not value.removeprefix("-").isdigit():
            return value or None
        value = int(
            value
        )  # more digits than the interpreter reads are a ValueError, as all that fits no time
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if value == 0:
        return None
    in_milliseconds = abs(value) >= MILLISECONDS_FROM
    per_second = 1000 if in_milliseconds else 1
    if not EARLIEST_SECOND * per_second <= value <= LATEST_SECOND * per_second:  # huge ones are no floats
        raise ValueError(OUTSIDE)
    if in_milliseconds:
        note_cleaned(info, "milliseconds read as such")
        value = value / 1000
    return EPOCH + timedelta(seconds=value)  # fromtimestamp refuses times before 1970 on some systems


def note_cleaned(info: ValidationInfo, what: str) -> None:
    """Counts a repair, when the caller asked for the count by passing a callable as context."""
    count: Callable[[str], None] | None = info.context
    if count is not None:
        count(what)


def _aware(value: datetime | None) -> datetime | None:
    """In UTC; so is a time without a zone, since Intercom knows no other."""
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # what is the last day of 9999 further west is in 10000 here
        raise ValueError(OUTSIDE) from None


def _identity(value: Any) -> Any:
    """A text or a whole number. Of what would be read as something else, two might become one."""
    if isinstance(value, float):
        raise PydanticCustomError("id", "should be a text or a whole number")
    if isinstance(value, str) and not UNUSABLE.isdisjoint(value):
        raise PydanticCustomError("id", "holds a character that cannot be stored")
    return value


def _none_if_zero(value: str | None) -> str | None:
    """0 stands for "nobody" since API 2.16, null before."""
    return None if value in ("0", "") else value


def _address(value: Any) -> Any:
    """Pictures are an address in one answer and an object with it in another."""
    return value.get("image_url") if isinstance(value, dict) else value


def _joined(value: Any) -> Any:
    """Some labels are a text, and a list of texts where several things can be chosen."""
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value)) or None
    return value


def _none_if_minus_one(value: str | None) -> str | None:
    """-1 stands for "none" in exports."""
    return None if value == "-1" else value


Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID), BeforeValidator(_identity)]
OptionalId = Annotated[str | None, AfterValidator(_none_if_zero)]
ExportedId = Annotated[str | None, AfterValidator(_none_if_minus_one)]
Text = str | None
ImageAddress = Annotated[str | None, BeforeValidator(_address)]
Joined = Annotated[str | None, BeforeValidator(_joined)]
Flag = bool | None
Int = Annotated[int | None, Field(ge=-MAX_INT64 - 1, le=MAX_INT64)]
RequiredInt = Annotated[int, Field(ge=-MAX_INT64 - 1, le=MAX_INT64)]  # a key that is no id
Number = Annotated[float | None, Field(allow_inf_nan=False)]
Date = date | None
Time = Annotated[datetime | None, AfterValidator(_aware), BeforeValidator(_unix_time)]
