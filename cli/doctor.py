"""`intercom-etl doctor`: what is wrong, and how to mend it."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import Colour, Printer

if TYPE_CHECKING:
    from intercom_etl.doctor import Finding
    from intercom_etl.settings import Settings

Offline = Annotated[
    bool,
    typer.Option("--offline", help="Leave out what takes the network: the API, and a database elsewhere."),
]

INDENT = 28  # where the text begins, behind level and subject
_COLOURS: dict[str, Colour] = {"ok": "green", "warn": "yellow", "FAIL": "red"}


def doctor(ctx: typer.Context, offline: Offline = False, json: options.Json = False) -> int:
    """Find out what is wrong, and how to fix it.

    Looks at settings, token, permissions, API version, clocks, rate allowance, disk, database, roles, schema
    and lease, with one small request for each stream. Changes nothing.
    """
    from cli.configuration import load_settings
    from cli.running import run
    from cli.table import counted
    from intercom_etl.doctor import verdict

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    settings = load_settings(printer, warn=False)
    findings = run(_examine(printer, settings, offline=offline))
    code = verdict(findings)
    failures = sum(finding.level == "FAIL" for finding in findings)
    warnings = sum(finding.level == "warn" for finding in findings)
    if printer.as_json:
        told = [
            {"level": f.level.lower(), "subject": f.subject, "text": printer.scrub(f.text), "hint": f.hint}
            for f in findings
        ]
        printer.document({"status": "failed" if code else "ok", "exit_code": int(code), "findings": told})
        return code
    printer.data()
    summary = f"{counted(failures, 'failure')}, {counted(warnings, 'warning')}"
    printer.data(f"{summary}, exit {int(code)}" if code else summary)
    return code


async def _examine(printer: Printer, settings: "Settings", *, offline: bool) -> "list[Finding]":
    from cli.running import now
    from intercom_etl.doctor import examine

    findings: list[Finding] = []
    async for finding in examine(settings, offline=offline, clock=now):
        findings.append(finding)
        _show(printer, finding)
    return findings


def _show(printer: Printer, finding: "Finding") -> None:
    from cli.output import clean
    from cli.terminal import folded, terminal_width

    level = printer.paint(f"{finding.level:<4}", _COLOURS[finding.level])
    columns = terminal_width()
    width = None if columns is None else columns - INDENT
    first, *others = folded(printer.scrub(clean(finding.text)), width)
    printer.data(f"{level}  {finding.subject:<20}  {first}")
    if finding.hint:
        start, *more = folded(f"hint: {printer.scrub(clean(finding.hint))}", width)
        others += [start.replace("hint:", printer.paint("hint:", "cyan"), 1), *more]
    for line in others:
        printer.data(" " * INDENT + line)
