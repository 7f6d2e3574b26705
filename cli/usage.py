"""What typer says about a wrong command line, in the form of our other errors."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from intercom_etl.errors import UsageError

_POSSIBLE = re.compile(r" \(Possible options: (.*)\)$|\. Did you mean (.*)\?$")
_REASONS = {
    "valid integer": "it is not a whole number",
    "valid number": "it is not a number",
    "greater than or equal": "it is too small",
    "less than or equal": "it is too large",
}


def usage_error(error: typer.TyperException, root: Any, arguments: list[str]) -> UsageError:
    """One line that names the value, and where the right form is described."""
    said = error.format_message().strip().rstrip(".").replace("'", "`")
    guessed = _POSSIBLE.search(said)
    said = _POSSIBLE.sub("", said)
    said = re.sub(r"^No such option: (\S+)$", r"no such option `\1`", said)
    hint = f"see `{_command_path(error, root, arguments)} --help`"
    if guessed:
        near = " or ".join(f"`{word.strip(' `')}`" for word in (guessed[1] or guessed[2]).split(","))
        hint = f"did you mean {near}? {hint}"
    return UsageError(_with_value(error, said, arguments) or said[:1].lower() + said[1:], hint)


def _with_value(error: typer.TyperException, said: str, arguments: list[str]) -> str | None:
    parameter: Any = getattr(error, "param", None)
    value = _given_value(parameter, getattr(error, "ctx", None), arguments) if parameter else None
    if value is None:
        return None
    name = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.display_name_raw
    _, _, reason = said.partition(": ")
    reason = reason.removeprefix("Value error, ").replace(f"`{value}` is not", "it is not")
    reason = next((ours for theirs, ours in _REASONS.items() if theirs in reason), reason)
    return f"{name} is `{value}`: {reason}"


def _given_value(parameter: Any, context: Any, arguments: list[str]) -> str | None:
    """What was given for the parameter at fault; typer keeps it to itself."""
    for here, after in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, value = here.partition("=")
        if name in parameter.opts and name.startswith("-"):
            return value if equals else after
    if context is None or parameter.param_type_name != "argument":
        return None
    words = context.command_path.split()[1:]
    plain = [word for word in arguments if not word.startswith("-") and word not in words]
    return plain[0] if len(plain) == 1 else None


def _command_path(error: typer.TyperException, root: Any, arguments: list[str]) -> str:
    context = getattr(error, "ctx", None)
    if context is not None:
        return context.command_path
    return " ".join(("intercom-etl", *_command_words(root, arguments)))


def _command_words(root: Any, arguments: list[str]) -> Iterator[str]:
    """The names of group and command among the arguments, for an error that does not say where it is."""
    for word in arguments:
        known = getattr(root, "commands", {})
        if word in known:
            yield word
            root = known[word]
