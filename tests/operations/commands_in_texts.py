"""Finds the command lines of this program in the files of `deploy`, and reads them as it would."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main
import yaml

from cli.app import app

PROGRAM = "intercom-etl"
_PYTHON = re.compile(r"(?:run_command\(|\[\"intercom-etl\", )((?:\"[^\"]+\"(?:, )?)+)")
_CALLED = re.compile(r"(?:^|[\s\"'(@/])intercom-etl (?=[a-z-])")


def commands_of(path: Path) -> Iterator[list[str]]:
    """The arguments of each command line in the file."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".yml" | ".yaml":
            for document in yaml.safe_load_all(text):
                yield from _of_yaml(document)
        case ".py":
            for words in _PYTHON.findall(text):
                yield re.findall(r"\"([^\"]+)\"", words)
        case ".mk":
            for words in re.findall(r"call intercom_run,([^)$]+)", text):
                yield shlex.split(words)
        case _:
            for line in text.splitlines():
                if not line.startswith("#") or "docker run" in line or "DATABASE_URL=" in line:
                    yield from _of_shell(line)


def _of_yaml(node: Any) -> Iterator[list[str]]:
    match node:
        case dict():
            for name, value in node.items():
                if name == "args":
                    yield [str(argument) for argument in value]
                else:
                    yield from _of_yaml(value)
        case list():
            for value in node:
                yield from _of_yaml(value)
        case str():
            for line in node.splitlines():
                for piece in re.findall(r"`([^`]+)`", line) or [line]:
                    yield from _of_shell(piece)
        case _:
            pass


def _of_shell(line: str) -> Iterator[list[str]]:
    """Each call of the program in a line, up to where the shell would end it."""
    for found in _CALLED.finditer(line):
        lexer = shlex.shlex(line[found.end() :], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if set(word) <= set("|&;()<>"):
                    break
                words.append(word)
        except ValueError:  # the quote around the call ends here
            pass
        yield words


def parse(arguments: list[str]) -> None:
    """As the program reads them, without running anything. Raises typer.TyperException."""
    command: Any = typer.main.get_command(app)
    context = command.make_context(PROGRAM, arguments)
    while hasattr(command, "commands") and (rest := [*context._protected_args, *context.args]):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
