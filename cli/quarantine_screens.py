"""What `intercom-etl quarantine` shows: a list, one entry, and what became of those that were worked on."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cli.output import Printer, clean
from cli.table import age, amount, counted, moment, table
from cli.terminal import folded, labelled, terminal_width
from intercom_etl.quarantine import Dropped, Found, Look
from intercom_etl.quarantine_retry import Retries, Tried

LONGEST_ID = 40  # columns; `show` has all of it
ROOM_FOR_REASONS = 36  # columns: with less, the reason goes below its entry
LABEL = 12  # columns, of what stands in front of a fact
SHOWN = 20  # entries of which a retry tells; `--json` has them all
RESOLUTIONS = {
    "stored": "it, or a later version of it, is in the table",
    "outdated": "a newer version was in the table already",
    "gone": "the record is gone",
    "replaced": "the record was refused again in another form",
    "dropped": "somebody gave it up",
}


def show_list(printer: Printer, look: Look, found: Found, now: datetime) -> None:
    """The table, or one line when there is nothing, and how many there are in all."""
    is_chosen = look.stream or look.run or look.pending or look.workspace
    if not found.entries:
        others = f"; {counted(found.open, 'open entry', 'open entries')} in all" if found.open else ""
        printer.talk(f"nothing in quarantine{' that fits' if is_chosen else ''}{others}")
        return
    _show_entries(printer, found, now)
    kind = ("entry", "entries") if look.closed else ("open entry", "open entries")
    shown = f"{len(found.entries):,} of " if found.matching > len(found.entries) else ""
    parts = [f"{shown}{counted(found.matching, *kind)}"]
    if is_chosen or look.closed:
        parts.append(f"{amount(found.open)} open in all")
    if found.pending:
        parts.append(f"{amount(found.pending)} pending: the next sync asks for them again")
    printer.data()
    printer.data("  ".join(parts))
    if not look.closed:
        printer.talk(
            "next: `intercom-etl quarantine show ID`; after an upgrade `intercom-etl quarantine retry --all`"
        )


def _show_entries(printer: Printer, found: Found, now: datetime) -> None:
    several = len({entry["workspace_id"] for entry in found.entries}) > 1
    parts = any(entry["record_id"] and entry["parent_id"] for entry in found.entries)
    columns = {
        "id": lambda entry: str(entry["id"]),
        "since": lambda entry: age(entry["created_at"], now),
        "run": lambda entry: str(entry["run_id"]),
        "state": _state,
        **({"workspace": lambda entry: entry["workspace_id"]} if several else {}),
        "stream": lambda entry: entry["stream"],
        "record": _record,
        **({"of": lambda entry: _short(entry["parent_id"])} if parts else {}),
    }
    rows = [[clean(cell(entry)) for cell in columns.values()] for entry in found.entries]
    head, width = list(columns), terminal_width()
    taken = sum(max(len(row[at]) for row in [head, *rows]) + 2 for at in range(len(head)))
    is_below = width is not None and width - taken < ROOM_FOR_REASONS
    if not is_below:
        head.append("reason")
        rows = [[*row, entry["reason"]] for row, entry in zip(rows, found.entries, strict=True)]
    lines = table(head, rows, right="rrr", width=width, printer=printer)
    printer.data(lines[0])
    for line, entry in zip(lines[1:], found.entries, strict=True):
        printer.data(line)
        if is_below:
            for part in folded(clean(entry["reason"]), width and width - 4):
                printer.data(f"    {part}")


def _record(entry: Mapping[str, Any]) -> str:
    """Which record; of one without an id, the record that it belongs to."""
    if entry["record_id"] is None and entry["parent_id"] is not None:
        return f"of {_short(entry['parent_id'])}"
    return _short(entry["record_id"])


def _short(identity: str | None) -> str:
    text = clean(identity or "-")
    return text if len(text) <= LONGEST_ID else text[: LONGEST_ID - 1] + "…"


def _state(entry: Mapping[str, Any]) -> str:
    if entry["resolved_at"] is not None:
        return entry["resolution"] or "closed"
    return "pending" if entry["pending"] else "refused"


def show_entry(printer: Printer, entry: Mapping[str, Any]) -> None:
    """All of one entry but its text, and the mend."""
    facts = {
        "entry": f"{entry['id']}  {_state(entry)}",
        "workspace": entry["workspace_id"],
        "stream": entry["stream"],
        "record": entry["record_id"] or "- (it has no usable id)",
    }
    if entry["parent_id"]:
        facts["of"] = entry["parent_id"]
        if not entry["record_id"]:
            facts["record"] = "-"
    if entry["label"] or entry["place"]:
        facts["place"] = " ".join(str(part) for part in (entry["label"], entry["place"]) if part is not None)
    facts |= {
        "reason": entry["reason"],
        "first seen": f"{moment(entry['created_at'])} UTC, by run {entry['first_run_id'] or '?'}",
        "last seen": f"{moment(entry['seen_at'])} UTC, by run {entry['run_id']}",
        "asked": "-"
        if entry["fetched_at"] is None
        else f"{moment(entry['fetched_at'])} UTC, on the API's clock",
        "text": f"{len(entry['raw'].encode()):,} bytes: `intercom-etl quarantine show {entry['id']} --raw`",
    }
    if entry["resolved_at"] is not None:
        by = f", by run {entry['resolved_by']}" if entry["resolved_by"] else ""
        facts["closed"] = (
            f"{moment(entry['resolved_at'])} UTC{by}: {RESOLUTIONS.get(entry['resolution'], 'by hand')}"
        )
    facts["next"] = mend(entry)
    _show_facts(printer, facts)


def mend(entry: Mapping[str, Any]) -> str:
    """What to do next."""
    number = entry["id"]
    if entry["resolved_at"] is not None:
        return (
            "nothing to do" if entry["resolution"] != "dropped" else "it comes back when the record changes"
        )
    give_up = f"to give it up: `intercom-etl quarantine drop {number}`"
    if entry["pending"]:
        return f"the API kept failing for it; the next `intercom-etl sync` asks again; {give_up}"
    return (
        "it is tried again when the record changes in Intercom; after an upgrade of this program: "
        f"`intercom-etl quarantine retry {number}`; {give_up}"
    )


def _show_facts(printer: Printer, facts: Mapping[str, str]) -> None:
    for name, value in facts.items():
        for line in labelled(name, clean(str(value)), LABEL):
            printer.data(line)


def print_raw(printer: Printer, text: str) -> None:
    """The text, byte for byte; on a terminal without what could do anything to it."""
    if terminal_width() is None:
        printer.raw(text)
        return
    for line in text.splitlines() or [""]:
        printer.data(clean(line))


def show_retries(printer: Printer, done: Retries) -> None:
    """What stays and why, and how many came to what."""
    if done.run_id is None:
        printer.talk("nothing in quarantine to try again")
        return
    stay = [tried for tried in done.entries if tried.why is not None]
    if stay:
        _show_tried(printer, stay)
        printer.data()
    words = {
        "stored": "stored",
        "outdated": "closed, since a newer version is stored",
        "gone": "closed, since the record is gone",
        "replaced": "closed, since another entry says the same",
        "refused": "refused again",
        "pending": "pending: the next sync asks for them",
        "waiting": "left as they are",
    }
    counts = done.counts
    parts = [f"{amount(counts[outcome])} {word}" for outcome, word in words.items() if counts[outcome]]
    verdict = printer.paint("partial", "yellow") if done.exit_code else printer.paint("ok", "green")
    code = f"  exit {int(done.exit_code)}" if done.exit_code else ""
    printer.data(f"{verdict}  run {done.run_id}  {', '.join(parts) or 'nothing was left to do'}{code}")


def _show_tried(printer: Printer, stay: list[Tried]) -> None:
    rows = [
        (str(one.id), one.stream, _short(one.record_id or one.parent_id), one.outcome, one.why or "")
        for one in stay[:SHOWN]
    ]
    for line in table(
        ("id", "stream", "record", "state", "reason"),
        rows,
        right="r",
        width=terminal_width(),
        wrap=True,
        printer=printer,
    ):
        printer.data(line)
    if len(stay) > SHOWN:
        printer.data(f"and {len(stay) - SHOWN:,} more: see `intercom-etl quarantine list`")


def show_dropped(printer: Printer, done: Dropped) -> None:
    """How many were given up, and what that means."""
    if done.run_id is None:
        printer.talk("nothing in quarantine to drop")
        return
    by_stream = Counter(entry["stream"] for entry in done.entries)
    of = ", ".join(f"{amount(count)} of {name}" for name, count in by_stream.most_common())
    printer.data(f"dropped  run {done.run_id}  {counted(len(done.entries), 'entry', 'entries')}: {of}")
    if any(not entry["pending"] for entry in done.entries):
        printer.talk("a refused record comes back only with another text or for another reason")
    if given_up := sum(entry["pending"] for entry in done.entries):
        printer.talk(
            f"{counted(given_up, 'pending one is', 'pending ones are')} really given up: "
            "not asked for any more until the record changes in Intercom"
        )
