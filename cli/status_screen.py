"""What `status` shows, as lines; nothing is printed here."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cli.output import Printer, clean
from cli.run_words import counts_of, painted_status
from cli.table import age, counted, moment, span, table
from cli.terminal import labelled, terminal_width
from intercom_etl.database import is_embedded, location
from intercom_etl.freshness import state_of
from intercom_etl.settings import Settings
from intercom_etl.status import Status, StreamStatus, WorkspaceStatus
from intercom_etl.status_remarks import OpenBackfill, Verified

UNKNOWN_SHOWN = 10  # `--json` has them all
LEASE_BY = timedelta(minutes=2)  # a run asks the API who it is before it takes the lease
LABEL = 10  # columns, of what stands in front of a fact


@dataclass(slots=True)
class Screen:
    """Lines of what was asked for, and what may be done next."""

    lines: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    def fact(self, label: str, text: str, *, break_words: bool = True) -> None:
        """One fact, folded at the width of the terminal."""
        self.lines += labelled(label, text, LABEL, break_words=break_words)


def draw(
    printer: Printer, settings: Settings, found: Status | None, now: datetime, max_lag: timedelta
) -> Screen:
    """All of it. `max_lag` divides fresh from stale; `found` is None where no database was ever made."""
    screen = Screen()
    if found is None:
        screen.fact("database", f"{location(settings)} (not made yet)", break_words=False)
        screen.hints.append(
            "next: `intercom-etl sync`, or `intercom-etl demo` to look around without an account"
        )
        return screen
    for workspace in found.workspaces:
        _add_workspace(screen, printer, workspace, now, max_lag)
    screen.fact("database", location(settings), break_words=False)
    _add_schema(screen, printer, found, is_embedded=is_embedded(settings))
    _add_last_run(screen, printer, found, now)
    return screen


def _add_workspace(
    screen: Screen, printer: Printer, workspace: WorkspaceStatus, now: datetime, max_lag: timedelta
) -> None:
    rows = [_cells(each, now, max_lag) for each in workspace.streams if each.is_known]
    screen.lines += [f"workspace {printer.paint(clean(workspace.workspace), 'bold')}", ""]
    head = ("stream", "rows", "bookmark (UTC)", "lag", "quar", "state")
    screen.lines += table(
        head,
        rows,
        right="lrlrr",
        width=terminal_width(),
        wrap=True,
        printer=printer,
    )
    screen.lines.append("")
    _add_unread(screen, workspace, now, max_lag)
    _add_quarantine(screen, workspace)
    if workspace.holder is not None:
        _add_holder(screen, workspace.holder, now)
    else:
        screen.fact("lease", "free: no run is at work")
    _add_verified(screen, printer, workspace.verified, now)
    for backfill in workspace.backfills:
        _add_backfill(screen, backfill)
    _add_unknown(screen, workspace)


def _cells(stream: StreamStatus, now: datetime, max_lag: timedelta) -> tuple[str, ...]:
    lag = stream.lag(now)
    return (
        stream.stream,
        "?" if stream.rows is None else f"{'~' if stream.estimated else ''}{stream.rows:,}",
        moment(stream.bookmark) if stream.bookmark else "read whole" if stream.completed_at else "-",
        "-" if lag is None else span(lag),
        f"{stream.quarantined:,}",
        _state(stream, now, max_lag),
    )


def _state(stream: StreamStatus, now: datetime, max_lag: timedelta) -> str:
    state = state_of(stream, now, max_lag)
    match state:
        case "never read":
            text = "never read to its end"
        case "not there":
            text = "the API does not have it"
        case "stale":
            text = f"stale > {span(max_lag)}"
        case "fresh":
            text = "fresh"
    return f"{text}; unfinished, goes on with the next sync" if stream.resume_from else text


def _add_unread(screen: Screen, workspace: WorkspaceStatus, now: datetime, max_lag: timedelta) -> None:
    """Why the last tries came to nothing; what failed of the same stands in one line."""
    names: dict[str, list[str]] = {}
    for stream in workspace.streams:
        if stream.last_words and state_of(stream, now, max_lag) == "never read":
            names.setdefault(stream.last_words, []).append(stream.stream)
    for words, streams in names.items():
        screen.fact("unread", f"{', '.join(streams)}: {clean(words)}")


def _add_quarantine(screen: Screen, workspace: WorkspaceStatus) -> None:
    refused = sum(each.quarantined for each in workspace.streams)
    pending = sum(each.pending for each in workspace.streams)
    if refused:
        again = f"; {pending:,} pending: the next sync asks again" if pending else ""
        kept = f"{counted(refused, 'record')} in quarantine"
        screen.fact("refused", f"{kept}: `intercom-etl quarantine list`{again}")


def _add_holder(screen: Screen, held: dict[str, Any], now: datetime) -> None:
    what = f"run {held['run_id']} {held['command'] or ''}".strip()
    who = f"pid {held['pid']} on {clean(held['host'] or '?')}"
    text = f"{what} ({who}), for {age(held['acquired_at'], now)}"
    if held["streams"]:
        text += f": {counts_of(held['streams'])}"
    screen.fact("working", text)


def _add_verified(screen: Screen, printer: Printer, verified: Verified | None, now: datetime) -> None:
    if verified is None:
        screen.fact("verified", "never: `intercom-etl verify` compares the copy with Intercom")
        return
    found = printer.paint("clean", "green")
    if verified.drift:
        found = printer.paint(f"drift in {counted(verified.drift, 'record')}", "red")
    if verified.error:
        found = printer.paint("not to its end", "yellow") + (f", {found}" if verified.drift else "")
    of = f"{counted(verified.records, 'record')} of {counted(verified.streams, 'stream')}"
    fixed = f", {verified.fixed:,} fixed" if verified.fixed else ""
    why = f": {clean(verified.error)}" if verified.error else ""
    when = f"{age(verified.finished_at, now)} ago by run {verified.run_id}"
    screen.fact("verified", f"{found}{fixed}, {of}, {when}{why}")
    if verified.drift:
        screen.hints.append(f"next: `intercom-etl runs show {verified.run_id}`, `intercom-etl verify --fix`")


def _add_backfill(screen: Screen, backfill: OpenBackfill) -> None:
    span = f"{backfill.from_at:%Y-%m-%d} to {backfill.to_at:%Y-%m-%d}"
    done = f"{backfill.done:,} of {counted(backfill.windows, 'window')} done, {backfill.records:,} read"
    screen.fact(
        "backfill",
        f"{backfill.id} {backfill.stream}, {span}: {done}; `intercom-etl backfill --resume {backfill.id}`",
    )


def _add_unknown(screen: Screen, workspace: WorkspaceStatus) -> None:
    unknown = workspace.unknown_fields
    if not unknown:
        return
    shown = ", ".join(
        f"{each.stream}.{clean(each.field)} ({each.records:,})" for each in unknown[:UNKNOWN_SHOWN]
    )
    more = f", and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    screen.fact("unknown", f"API fields, in how many records: {shown}{more}")
    screen.hints.append(
        "hint: the values of unknown fields are kept in `raw`; a newer intercom-etl may have columns for them"
    )


def _add_schema(screen: Screen, printer: Printer, found: Status, *, is_embedded: bool) -> None:
    for trouble in found.trouble:
        screen.fact("schema", f"{printer.paint('does not fit', 'red')}: {trouble.message}")
        screen.hints.append(f"next: {trouble.hint}")
    if found.trouble:
        return
    if found.pending:
        first = f"{len(found.pending)} migration(s) pending, first {found.pending[0]}"
        screen.fact("schema", f"{printer.paint('outdated', 'red')}: {first}")
        screen.hints.append(
            "next: `intercom-etl sync` applies them" if is_embedded else "next: `intercom-etl migrate`"
        )
    else:
        screen.fact("schema", f"current ({found.schema})")


def _add_last_run(screen: Screen, printer: Printer, found: Status, now: datetime) -> None:
    run = found.last_run
    if run is None:
        screen.fact("last run", "none")
        return
    error = f": {clean(run['error'])}" if run["error"] else ""
    if _is_silent(found, run, now):
        error = ", and nobody works at it: it may have been killed; the next run notes that"
    screen.fact(
        "last run",
        f"{run['id']} {run['command']}, {painted_status(printer, run['status'])} "
        f"{age(run['started_at'], now)} ago{error}",
    )
    if run["status"] not in ("ok", "running"):
        screen.hints.append(f"next: `intercom-etl runs show {run['id']}`")


def _is_silent(found: Status, run: dict[str, Any], now: datetime) -> bool:
    """Whether a run that has no end holds no lease either, long after it must have taken one."""
    at_work = {each.holder["run_id"] for each in found.workspaces if each.holder is not None}
    return run["status"] == "running" and run["id"] not in at_work and now - run["started_at"] > LEASE_BY
