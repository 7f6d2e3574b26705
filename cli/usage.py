"""What typer says about a wrong command line, in the form of our other errors."""

import re

import typer

from intercom_etl.errors import UsageError


def usage_error(error: typer.TyperException, arguments: list[str]) -> UsageError:
    """One line that names the value, and where the right form is described."""
    command = getattr(getattr(error, "ctx", None), "command_path", "intercom-etl")
    return UsageError(_message(error, arguments), f"see `{command} --help`")


def _message(error: typer.TyperException, arguments: list[str]) -> str:
    said = error.format_message().strip().rstrip(".").replace("'", "`")
    said = re.sub(r" \(Possible options: (.*)\)$", r"; did you mean \1?", said)
    said = said.replace("Value error, ", "").replace("Input should be", "it should be")
    value = _given_value(error, arguments)
    if value is not None and isinstance(error, typer.BadParameter) and error.param is not None:
        _, _, reason = said.partition(": ")
        return f"{error.param.opts[0]} is `{value}`: {reason}"
    return said[:1].lower() + said[1:]


def _given_value(error: typer.TyperException, arguments: list[str]) -> str | None:
    """What stands behind the option that is at fault; typer keeps it to itself."""
    if not isinstance(error, typer.BadParameter) or error.param is None:
        return None
    for here, after in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, value = here.partition("=")
        if name in error.param.opts and name.startswith("-"):
            return value if equals else after
    return None
