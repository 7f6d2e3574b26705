"""Whatever command line a page shows, the program takes it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from cli.app import app

ROOT = Path(__file__).parents[2]
# docs/cli.md is what the program says of itself
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "docs" / "cli.md"})
FENCE = re.compile(r"^( *)```([a-z]*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
# up to where another command begins, or the line is over
TYPED = re.compile(r"(?<![\w-])intercom-etl ([^|;&#<>)`\n]*)")
# what stands for a value
PLACEHOLDERS = {"ID": "1", "TIME": "7d", "STREAM": "contacts", "SHELL": "bash"}


def in_blocks(text: str) -> Iterator[str]:
    for _, language, block in FENCE.findall(text):
        for line in block.splitlines():
            if language != "console" or line.lstrip().startswith("$ "):
                yield from TYPED.findall(line)


def in_sentences(text: str) -> Iterator[str]:
    for code in re.findall(r"`(intercom-etl [^`]+)`", FENCE.sub("", text)):
        yield from TYPED.findall(code)


def parse(line: str) -> None:
    """Raises what the program would refuse the line with."""
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line) if word not in ("...", "…")]
    command: Any = typer.main.get_command(app)
    context = command.make_context("intercom-etl", words)
    while hasattr(command, "commands") and (rest := [*context._protected_args, *context.args]):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_command_lines_of_pages_are_accepted(page: Path) -> None:
    text = page.read_text()
    for find, is_whole in ((in_blocks, True), (in_sentences, False)):
        for line in find(text):
            try:
                parse(line)
            except typer.Exit:  # --version, --help
                pass
            except (typer.TyperException, ValueError) as error:
                # a sentence may name a command without what it is to work on
                if is_whole or not str(error).startswith("Missing"):
                    pytest.fail(f"`intercom-etl {line}`: {error}")


def test_a_wrong_line_would_be_found() -> None:
    block = "```console\n$ intercom-etl sync --no-such\nintercom-etl says this\n```\n"
    text = block + "or `intercom-etl runs shwo 1`\n"
    lines = [*in_blocks(text), *in_sentences(text)]
    assert lines == ["sync --no-such", "runs shwo 1"]
    for line in lines:
        with pytest.raises(typer.TyperException):
            parse(line)
