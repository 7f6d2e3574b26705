"""`intercom-etl status`: how fresh the copy is, and whether anything needs a look."""

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.completion import stream_names
from cli.output import Printer
from intercom_etl.errors import EtlError, UsageError

if TYPE_CHECKING:
    from cli.status_screen import Screen
    from intercom_etl.freshness import Stale
    from intercom_etl.settings import Settings
    from intercom_etl.status import Status

Streams = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STREAM",
        help="Streams to show; without, all that are known.",
        autocompletion=stream_names,
    ),
]
MaxLag = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="End with 4 when a stream that `sync` copies, or one that is named, is further behind, or was"
        " never read to its end: `30m`, `2h`, `1d`.",
    ),
]
Workspace = Annotated[str | None, typer.Option(metavar="ID", help="Only this workspace.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but a line that names what is too far behind."),
]


def status(
    ctx: typer.Context,
    streams: Streams = None,
    max_lag: MaxLag = None,
    workspace: Workspace = None,
    watch: options.Watch = None,
    quiet: Quiet = False,
    json: options.Json = False,
) -> int:
    """Show how much there is, and how fresh it is.

    The lag is what has passed since the bookmark, up to which every change is stored, or since the last
    reading of a stream that is read whole. A bookmark stays INTERCOM_ETL_LOOKBACK_MINUTES behind the run.
    """
    printer: Printer = ctx.obj
    is_watched = watch is not None
    printer.set_mode(as_json=json, as_lines=is_watched, quiet=quiet, command="status")
    if quiet and is_watched:
        raise UsageError("--quiet and --watch contradict each other", "leave one of them out")
    allowed = options.parse_duration(max_lag, "--max-lag")
    chosen = tuple(stream.name for stream in options.choose_streams(streams))

    from cli.configuration import load_settings

    settings = load_settings(printer)
    look = _Look(printer, settings, chosen, workspace, allowed)
    if watch is None:
        return look.once()
    return look.again_and_again(watch)


class _Look:
    """One look after the other; `chosen` are the named streams."""

    def __init__(
        self,
        printer: Printer,
        settings: "Settings",
        chosen: tuple[str, ...],
        workspace: str | None,
        allowed: timedelta | None,
    ) -> None:
        self._printer, self._settings = printer, settings
        self._chosen, self._workspace, self._allowed = chosen, workspace, allowed

    def once(self) -> int:
        """Shows it, and judges the lag if that is asked for."""
        from intercom_etl.exit_codes import ExitCode

        found = self._read()
        stale = self._stale(found)
        code = ExitCode.DRIFT if stale else ExitCode.OK
        if self._printer.as_json:
            self._printer.document(self._describe(found) | {"exit_code": int(code)})
        elif not self._printer.quiet:
            screen = self._screen(found)
            for line in screen.lines:
                self._printer.data(line)
            for hint in screen.hints:
                self._printer.talk(hint)
        self._tell_stale(stale)
        return code

    def again_and_again(self, seconds: int) -> int:
        """Shows it until a signal comes; a server of our own runs on meanwhile."""
        from contextlib import nullcontext

        from cli.watch import keep_showing
        from intercom_etl.database import database_url, exists

        with database_url(self._settings) if exists(self._settings) else nullcontext():
            return keep_showing(self._printer, seconds, self.screen, self.document)

    def screen(self) -> list[str]:
        """The lines of now."""
        return self._screen(self._read()).lines

    def document(self) -> dict[str, Any]:
        """The document of now."""
        return self._describe(self._read())

    def _read(self) -> "Status | None":
        """None where no database was ever made."""
        from cli.running import run
        from intercom_etl.database import database_url, exists
        from intercom_etl.status import only, read_status

        if not exists(self._settings):
            return None
        with database_url(self._settings) as url:
            found = run(read_status(url))
        return only(found, self._chosen, self._workspace)

    def _screen(self, found: "Status | None") -> "Screen":
        from cli.running import now
        from cli.status_screen import draw
        from intercom_etl.freshness import USUAL_MAX_LAG

        return draw(self._printer, self._settings, found, now(), self._allowed or USUAL_MAX_LAG)

    def _describe(self, found: "Status | None") -> dict[str, Any]:
        from cli.running import now
        from intercom_etl.database import location
        from intercom_etl.freshness import USUAL_MAX_LAG, describe

        where = {"database": location(self._settings)}
        if found is None:
            return where | {"schema": None, "workspaces": []}
        told = describe(found, now(), self._allowed or USUAL_MAX_LAG)
        if self._allowed is not None:
            told["max_lag_seconds"] = round(self._allowed.total_seconds())
            told["stale"] = [each.as_json() for each in self._stale(found)]
        return where | told

    def _stale(self, found: "Status | None") -> "list[Stale]":
        from cli.running import now
        from intercom_etl.freshness import find_stale
        from intercom_etl.streams import usual_streams

        if self._allowed is None:
            return []
        usual = usual_streams(self._settings.stream_choice, self._settings.names)
        names = self._chosen or tuple(stream.name for stream in usual)
        return list(find_stale(found, names, now(), self._allowed))

    def _tell_stale(self, stale: "list[Stale]") -> None:
        from intercom_etl.exit_codes import ExitCode

        groups = [list(group) for _, group in groupby(stale, key=lambda each: each.workspace)]
        for number, group in enumerate(groups, start=1):
            hint = self._mend(stale) if number == len(groups) else None
            self._printer.fail(EtlError(_words(group, self._allowed), hint), ExitCode.DRIFT)

    def _mend(self, stale: "list[Stale]") -> str:
        lookback = self._settings.lookback
        if self._allowed is not None and self._allowed <= lookback:
            return (
                f"a bookmark stays {lookback.seconds // 60} minutes behind its run"
                " (INTERCOM_ETL_LOOKBACK_MINUTES): allow more than that"
            )
        if all(each.lag is None and each.why for each in stale):
            return "give the token what it lacks, or leave the streams out with INTERCOM_ETL_STREAMS"
        return "run `intercom-etl sync`; what the last runs failed of is in `intercom-etl runs --failed`"


def _words(stale: "list[Stale]", allowed: timedelta | None) -> str:
    """A line for the streams of one workspace, those first that were never read, then the stalest."""
    from cli.table import span
    from intercom_etl.report import first_few

    [first, *others] = sorted(stale, key=lambda each: (each.lag is not None, -_seconds(each)))
    of = f" of workspace `{first.workspace}`" if first.workspace else ""
    most = span(allowed) if allowed else "-"
    if not others and first.lag is not None:
        return f"{first.stream}{of} is {span(first.lag)} behind, and {most} is allowed"
    if not others:
        return f"{first.stream}{of} was never read to its end" + (f": {first.why}" if first.why else "")
    each = [
        f"{one.stream} {span(one.lag)}" if one.lag is not None else f"{one.stream} never read to its end"
        for one in (first, *others)
    ]
    return f"{len(stale)} streams{of} are behind, and {most} is allowed: {first_few(each)}"


def _seconds(stale: "Stale") -> float:
    return 0.0 if stale.lag is None else stale.lag.total_seconds()
