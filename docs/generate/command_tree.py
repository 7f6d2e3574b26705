"""The commands of the program, from the program itself."""

from collections.abc import Iterator
from typing import Any

import typer.main

from cli.app import app


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words, the program itself first. Hidden ones are left out."""
    yield from _below(typer.main.get_command(app), ())


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _below(inner, (*words, name))
