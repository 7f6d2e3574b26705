"""Whether the copy is as fresh as somebody wants it to be."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from intercom_etl.status import Status, StreamStatus

# of a copy that is made once a day
USUAL_MAX_LAG = timedelta(hours=25)

State = Literal["fresh", "stale", "never read", "not there"]


@dataclass(frozen=True, slots=True)
class Stale:
    """A stream that is too far behind; `lag` is None when it was never read to its end.

    `workspace` is None where nothing was ever read at all.
    """

    workspace: str | None
    stream: str
    lag: timedelta | None
    why: str | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "workspace": self.workspace,
            "stream": self.stream,
            "lag_seconds": _seconds(self.lag),
            "why": self.why,
        }


def state_of(stream: StreamStatus, now: datetime, max_lag: timedelta) -> State:
    """In one word. A collection that the API does not have is not behind."""
    lag = stream.lag(now)
    if lag is None:
        return "not there" if stream.is_absent else "never read"
    return "stale" if lag > max_lag else "fresh"


def find_stale(
    status: Status | None, names: Collection[str], now: datetime, max_lag: timedelta
) -> Iterator[Stale]:
    """Those of the named streams, of every workspace, that are staler, or were never read to their end.

    All of them where there is nothing yet.
    """
    workspaces = status.workspaces if status is not None else []
    for workspace in workspaces:
        for stream in workspace.streams:
            if stream.stream in names and state_of(stream, now, max_lag) in ("stale", "never read"):
                yield Stale(workspace.workspace, stream.stream, stream.lag(now), stream.last_words)
    if not workspaces:
        for name in names:
            yield Stale(None, name, None, None)


def describe(status: Status, now: datetime, max_lag: timedelta) -> dict[str, Any]:
    """One document with everything that the screen says, lags in seconds."""
    told = status.as_json()
    for workspace, shown in zip(status.workspaces, told["workspaces"], strict=True):
        for stream, each in zip(workspace.streams, shown["streams"], strict=True):
            each["lag_seconds"] = _seconds(stream.lag(now))
            each["state"] = state_of(stream, now, max_lag)
    return told


def _seconds(lag: timedelta | None) -> int | None:
    return None if lag is None else round(lag.total_seconds())
