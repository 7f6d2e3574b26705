"""Times as the API writes them: unix seconds, or ISO-8601 text where the specification has that."""

from datetime import UTC, datetime


def iso(second: int, *, milliseconds: bool = False) -> str:
    """`2026-01-20T14:22:15Z`; macros are shown with milliseconds."""
    moment = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds' if milliseconds else 'seconds')}Z"


def seconds(value: object) -> int:
    """Unix seconds of a time in either writing; 0 where there is none."""
    if isinstance(value, str):
        return int(datetime.fromisoformat(value).timestamp())
    return value if isinstance(value, int) else 0


def written_like(example: object, second: int) -> int | str:
    """This time in the writing that `example` has."""
    if isinstance(example, str):
        return iso(second, milliseconds="." in example)
    return second
