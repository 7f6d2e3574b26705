"""Options that several commands share, and the one place where text becomes a domain type."""

import re
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.completion import stream_names
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.stream import Stream

LogStyle = Literal["text", "json"]

Streams = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STREAM",
        help="Streams to work on; without, all but the costly ones.",
        autocompletion=stream_names,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Read changes from here on: `2026-01-02T03:04:05Z`, or `7d`, `12h`, `30m` before now.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Read everything again, from the beginning.")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop each stream after N records.")]
AllowMassDelete = Annotated[
    bool,
    typer.Option(
        "--allow-mass-delete",
        help="Believe a collection that has lost most of its records; else nothing is marked.",
    ),
]
Sweep = Annotated[
    bool, typer.Option("--sweep", help="List everything, to notice what was deleted, merged or archived.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing on success, one line on failure (for cron).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, also on failure.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell on stderr of every request.")]
LogFormat = Annotated[LogStyle, typer.Option(help="Style of the lines on stderr.")]
MaxRequests = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="End after N requests; what was read is saved (exit 75)."),
]
MaxRuntime = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="End after `90s`, `30m`, `2h` or `1d`; what was read is saved (exit 75)."
    ),
]
MetricsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write metrics for Prometheus there at the end, also of a failure."),
]
PingUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Tell this watchdog of start and end, using the healthchecks.io protocol."
    ),
]
LogFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append log lines to it, a JSON object each.")
]
Watch = Annotated[
    int | None,
    typer.Option(
        "--watch",
        min=1,
        max=86_400,
        metavar="[SECONDS]",
        help="Show it again every so many seconds (5), until Ctrl-C.",
    ),
]
SkipIfLocked = Annotated[
    bool, typer.Option("--skip-if-locked", help="End with 0 when another run works on the workspace.")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The landing folder.")]

_AGO = re.compile(r"(\d{1,6})([dhm])")
_SPAN = re.compile(r"(\d{1,6})([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_EXAMPLES = "write it like `2026-01-02T03:04:05Z`, or like `7d`, `12h`, `30m` before now"


def choose_streams(names: list[str] | None) -> "tuple[Stream, ...]":
    """The named streams in their usual order, none when none is named. Raises UsageError for others."""
    from intercom_etl.streams import all_streams

    known = all_streams()
    for name in names or ():
        if name not in known:
            near = get_close_matches(name, known, n=2)
            guess = f"did you mean `{'` or `'.join(near)}`? " if near else ""
            raise UsageError(f"unknown stream `{name}`", f"{guess}see `intercom-etl streams`")
    return tuple(stream for name, stream in known.items() if name in (names or ()))


def parse_since(text: str | None, now: datetime) -> datetime | None:
    """An aware time in UTC, None when none is given. Raises UsageError as `parse_time` does."""
    return None if text is None else parse_time(text, now, "--since")


def parse_time(text: str, now: datetime, option: str) -> datetime:
    """An aware time in UTC. Raises UsageError naming the option, the value and the mend."""
    given = text.strip()
    if ago := _AGO.fullmatch(given):
        return _go_back(now, int(ago[1]), _UNITS[ago[2]], f"{option} `{given}`")
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{option} `{given}` is not a time", _EXAMPLES) from None
    if moment.tzinfo is None:
        raise UsageError(
            f"{option} `{given}` has no time zone",
            f"write `{moment.isoformat()}Z` for UTC, or an offset like `+02:00` in place of the Z",
        )
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{option} `{given}` is out of range", _EXAMPLES) from None
    if moment > now:
        raise UsageError(f"{option} `{given}` is in the future", f"it is now {now:%Y-%m-%dT%H:%M:%SZ}")
    return moment


def parse_duration(text: str | None, option: str) -> timedelta | None:
    """A span of time greater than zero. Raises UsageError naming the option, the value and the mend."""
    if text is None:
        return None
    given = _SPAN.fullmatch(text.strip())
    if given is None or not int(given[1]):
        raise UsageError(
            f"{option} `{text}` is not a span of time", "write it like `90s`, `30m`, `2h` or `1d`"
        )
    return timedelta(**{_UNITS[given[2]]: int(given[1])})


def _go_back(now: datetime, count: int, unit: str, given: str) -> datetime:
    try:
        return now - timedelta(**{unit: count})
    except OverflowError:
        raise UsageError(f"{given} is before the beginning of time", _EXAMPLES) from None
