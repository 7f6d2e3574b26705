"""`intercom-etl backfill`: a span of one stream, read by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.completion import stream_names
from cli.output import Printer
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.report import StreamReport

StreamName = Annotated[
    str | None, typer.Argument(metavar="STREAM", help="The stream to read.", autocompletion=stream_names)
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Where the span begins: like --since of `sync`.")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Where it ends. [default: now]")]
Step = Annotated[str, typer.Option("--window", metavar="TIME", help="How much to read before it is noted.")]
Resume = Annotated[int | None, typer.Option(metavar="ID", help="Go on with an unfinished backfill.")]
Refetch = Annotated[bool, typer.Option("--full", help="Fetch also what is held in the same version.")]


def backfill(
    ctx: typer.Context,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    window: Step = "30d",
    resume: Resume = None,
    full: Refetch = False,
    max_requests: options.MaxRequests = None,
    max_runtime: options.MaxRuntime = None,
    metrics_file: options.MetricsFile = None,
    ping_url: options.PingUrl = None,
    log_file: options.LogFile = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Read what changed in a span of time, window by window.

    No bookmark moves, and newer rows stay. What was interrupted goes on with --resume ID, or with the same
    command if its --from is a date: `intercom-etl status` lists what is not finished.
    """
    from cli.logs import set_up_logs
    from cli.request import read_request
    from cli.running import now, run

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="backfill",
        afterwards="finished windows are kept; `intercom-etl status` says how to go on",
    )
    set_up_logs(printer, verbose=verbose, style=log_format)
    step = options.parse_duration(window, "--window")
    began = now()
    given = _given(stream, start, end, resume, began)

    from cli.preparation import prepare_schema
    from cli.run_report import show_run, summary_of
    from cli.telling import Listeners, telling
    from intercom_etl.api import api_config
    from intercom_etl.backfill import Span, read_unfinished, require_spans
    from intercom_etl.backfill import backfill as read_span

    named: tuple[str, Span] | None = None
    if given is not None:
        name, begin, stop = given
        for each in options.choose_streams([name]):
            require_spans(each)
        named = name, Span(begin, stop or began, step or timedelta(days=30), is_open=stop is None)
    with telling(printer, "backfill", Listeners(metrics_file, ping_url, log_file, verbose)) as told:
        settings = told.begin()
        api = api_config(settings)
        with told.database(settings) as url:
            prepare_schema(printer, settings, url)
            known = None
            if named is None:
                known = run(read_unfinished(url, resume or 0))
                named = known.stream, known.span
            name, span = named
            request = read_request(
                [name],
                since=None,
                full=full,
                limit=None,
                max_requests=max_requests,
                max_runtime=max_runtime,
                now=now(),
            )(settings)
            observer = _Teller(printer, span.step)
            work = read_span(
                request, span, api=api, database_url=url, clock=now, observer=observer, resumed=known
            )
            told.report = report = run(work)
        told.end(show_run(printer, report), summary_of(report))
    return told.code


def _given(
    stream: str | None, start: str | None, end: str | None, resume: int | None, now: datetime
) -> tuple[str, datetime, datetime | None] | None:
    """Stream, beginning and end as they were named; None when an earlier one is to go on."""
    if resume is not None:
        if stream is not None or start is not None or end is not None:
            raise UsageError(
                "--resume goes on with a span that is known", "leave out the stream, --from and --to"
            )
        return None
    if stream is None or start is None:
        what = "no stream is named" if stream is None else "--from is missing"
        raise UsageError(what, "like `intercom-etl backfill conversations --from 2024-01-01T00:00:00Z`")
    begin = options.parse_time(start, now, "--from")
    return stream, begin, None if end is None else options.parse_time(end, now, "--to")


class _Teller:
    """A line a window: how far it is, and how long it will take."""

    def __init__(self, printer: Printer, step: timedelta) -> None:
        self._printer = printer
        self._step = step
        self._began = monotonic()
        self._first: int | None = None

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Names the workspace."""
        from cli.logs import narrate, note_run
        from cli.output import clean

        note_run(run_id)
        narrate(self._printer, f"workspace {clean(workspace)}: {', '.join(streams)}")

    def advanced(self, report: "StreamReport") -> None:
        """Windows are what is told of."""

    def finished(self, report: "StreamReport") -> None:
        """The table at the end says it."""

    def window_done(self, done: int, windows: int, until: datetime, report: "StreamReport") -> None:
        """How many windows of all, up to when, and about how long the others will take."""
        from cli.logs import narrate
        from cli.table import duration

        self._first = done - 1 if self._first is None else self._first
        each = (monotonic() - self._began) / (done - self._first)
        left = f", about {duration(each * (windows - done))} left" if done < windows else ""
        read = f"{report.read:,} read, {report.inserted:,} new, {report.updated:,} changed"
        line = f"window {done:,} of {windows:,}, up to {until:%Y-%m-%d %H:%M} UTC: {read}{left}"
        narrate(self._printer, line)
