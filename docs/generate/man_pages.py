"""Manual pages, one a command, from the same words as `--help`.

The wheel puts them into share/man/man1. Written here and not by click-man: typer carries a click of its
own, which that does not know.
"""

import re
from collections.abc import Iterable
from typing import Any

from docs.generate.command_tree import commands
from docs.generate.markdown import PROGRAM
from intercom_etl.exit_codes import MEANINGS
from intercom_etl.settings import Settings

MADE = '.\\" Made by `make docs` from the commands themselves.\n'
SECTION = "1"
DATE = "2026-11-26"  # of version 0.1.0, and not of today: the same words make the same page


def man_pages() -> dict[str, str]:
    """The text of every page, by the name of its file."""
    found = list(commands())
    return {
        f"{_name(words)}.{SECTION}": _page(
            words, command, [_name(near) for near, _ in found if _is_near(near, words)]
        )
        for words, command in found
    }


def _name(words: tuple[str, ...]) -> str:
    return "-".join((PROGRAM, *words))


def _is_near(other: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a page belongs under SEE ALSO: those above, and those directly below."""
    return other != words and (words[: len(other)] == other or other[:-1] == words)


def _page(words: tuple[str, ...], command: Any, near: list[str]) -> str:
    name, typed = _name(words), " ".join((PROGRAM, *words))
    context = _context(words, command)
    said: str = command.help or ""
    title, *more = said.split("\n\n")
    options, arguments = _records(command, context)
    text = MADE + f'.TH {_plain(name.upper())} {SECTION} {DATE} "{PROGRAM}" "{PROGRAM} manual"\n'
    text += f".SH NAME\n{_plain(name)} \\- {_plain(_one_line(title)).rstrip('.')}\n"
    text += f".SH SYNOPSIS\n.B {_plain(typed)}\n{_plain(' '.join(command.collect_usage_pieces(context)))}\n"
    if more:
        text += ".SH DESCRIPTION\n" + _paragraphs(more)
    text += _section("ARGUMENTS", arguments) + _section("OPTIONS", options)
    inner = [(name, each) for name, each in getattr(command, "commands", {}).items() if not each.hidden]
    text += _section("COMMANDS", [(name, each.get_short_help_str(limit=200)) for name, each in inner])
    if not words:
        text += _section("EXIT STATUS", [(str(int(code)), meaning) for code, meaning in MEANINGS.items()])
        text += _section("ENVIRONMENT", _settings())
        text += ".SH FILES\n.TP\n.I .env\nSettings, in the folder where the command runs.\n"
    else:
        text += f".SH EXIT STATUS\nSee\n.BR {_plain(PROGRAM)} ({SECTION}).\n"
    if near:
        text += ".SH SEE ALSO\n" + ",\n".join(f".BR {_plain(each)} ({SECTION})" for each in near) + "\n"
    return text


def _context(words: tuple[str, ...], command: Any) -> Any:
    """Like that of a call: names of the help option come from above."""
    (_, root), *_ = commands()
    above = root.make_context(PROGRAM, [], resilient_parsing=True)
    return command.make_context(words[-1], [], parent=above, resilient_parsing=True) if words else above


def _records(command: Any, context: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Options, and arguments, as `--help` describes them."""
    options: list[tuple[str, str]] = []
    arguments: list[tuple[str, str]] = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            (arguments if parameter.param_type_name == "argument" else options).append(record)
    return options, arguments


def _settings() -> Iterable[tuple[str, str]]:
    return [(name.upper(), field.description or "") for name, field in Settings.model_fields.items()]


def _section(title: str, entries: Iterable[tuple[str, str]]) -> str:
    text = "".join(f".TP\n.B {_plain(term)}\n{_plain(_one_line(what))}\n" for term, what in entries)
    return f".SH {title}\n{text}" if text else ""


def _paragraphs(texts: list[str]) -> str:
    return ".PP\n".join(f"{_plain(_one_line(text))}\n" for text in texts)


def _one_line(text: str) -> str:
    return " ".join(text.replace("\b", " ").split())


def _plain(text: str) -> str:
    """Text that means itself: a hyphen can be copied, a dot at the start of a line is no request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", text)
