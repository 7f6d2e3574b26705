"""How a run is told of: its status in colour, what it has done, how long it took."""

from datetime import datetime
from typing import Any

from cli.output import Colour, Printer

_COLOURS: dict[str, Colour] = {"ok": "green", "partial": "yellow", "running": "cyan"}


def painted_status(printer: Printer, status: str) -> str:
    """The status in its colour."""
    return printer.paint(status, _COLOURS.get(status, "red"))


def took(run: dict[str, Any]) -> str:
    """How long, `-` while it goes on."""
    from cli.table import duration

    ended: datetime | None = run["finished_at"]
    return "-" if ended is None else duration((ended - run["started_at"]).total_seconds())


def rows_of(run: dict[str, Any]) -> int:
    """Rows written into all tables."""
    return sum(sum(stream.get("rows", {}).values()) for stream in run["streams"].values())


def quarantined_by(run: dict[str, Any]) -> int:
    """Records that went to quarantine."""
    return sum(stream.get("quarantined", 0) for stream in run["streams"].values())


def stream_status(run: dict[str, Any], stream: dict[str, Any]) -> str:
    """Of one stream of the run; one that a run had not come to, or has not yet, is not ok."""
    is_open = run["status"] in ("running", "interrupted", "abandoned", "failed")
    if not is_open or stream["status"] != "ok" or stream.get("complete", True) or stream.get("note"):
        return stream["status"]
    return "unfinished" if _passed(stream) else "not begun"


def counts_of(streams: dict[str, dict[str, Any]]) -> str:
    """What a run has done so far: `12,408 records read, 3 of 32 streams done, now contacts 311 of 6,702`."""
    from cli.table import counted

    read = sum(_passed(stream) for stream in streams.values())
    text = f"{counted(read, 'record')} read"
    if any("complete" in stream for stream in streams.values()):  # a check tells nothing of that kind
        done = sum(_is_done(stream) for stream in streams.values())
        text += f", {done:,} of {counted(len(streams), 'stream')} done"
        at_work = [
            f"{name} {_passed(stream):,}" + (f" of {stream['total']:,}" if stream.get("total") else "")
            for name, stream in streams.items()
            if _passed(stream) and not _is_done(stream)
        ]
        if at_work:
            text += f", now {', '.join(at_work)}"
    return text


def _passed(stream: dict[str, Any]) -> int:
    return (stream.get("read") or 0) + (stream.get("already_current") or 0)


def _is_done(stream: dict[str, Any]) -> bool:
    from intercom_etl.report import NOT_THERE

    return bool(stream.get("complete") or stream.get("error")) or stream.get("note") == NOT_THERE
