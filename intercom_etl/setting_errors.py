"""A setting that does not fit, in words of our own: what is wrong with it, and what it takes."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from intercom_etl.errors import ConfigError

REASONS = {
    "literal_error": "there is no such choice",
    "int_parsing": "that is no whole number",
    "int_from_float": "that is no whole number",
    "int_parsing_size": "that is too large",
    "float_parsing": "that is no number",
    "finite_number": "that is no number",
    "greater_than": "that is too small",
    "greater_than_equal": "that is too small",
    "less_than_equal": "that is too large",
    "string_pattern_mismatch": "that is not of the right form",
}


def config_error(error: ValidationError, fields: Mapping[str, FieldInfo]) -> ConfigError:
    """The first error of a validation. A secret is not shown, nor an address that may hold one."""
    detail = error.errors(include_url=False)[0]
    name, value = str(detail["loc"][0]), str(detail["input"])
    field = fields[name]
    is_secret = "Secret" in str(field.annotation) or set(value) & set("@?#")
    shown = "" if is_secret else f" is `{value}`"
    cause = detail.get("ctx", {}).get("error")
    reason = str(cause) if cause else REASONS.get(detail["type"], "that does not fit")
    return ConfigError(f"{name.upper()}{shown}: {reason}", _hint(field))


def check_dotenv(path: Path) -> None:
    """Raises ConfigError naming a line that cannot be read; what it says may be secret."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"cannot read `{path.absolute()}`: {reason}", "make it a readable text file, or move it away"
        ) from error
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            said = binding.original.string
            before = said[: len(said) - len(said.lstrip())].count("\n")
            raise ConfigError(
                f"cannot read line {binding.original.line + before} of `{path.absolute()}`",
                "write each line like `NAME=value`, close every quote, and begin remarks with `#`",
            )


def _hint(field: FieldInfo) -> str | None:
    kind: object = field.annotation
    if get_origin(kind) is Literal:
        return f"it takes {_either([str(choice) for choice in get_args(kind)])}"
    if kind is int or kind is float:
        return f"it takes {_number('a whole number' if kind is int else 'a number', field.metadata)}"
    if field.examples:
        return f"it takes a value like {_either([f'`{example}`' for example in field.examples])}"
    return field.description


def _number(kind: str, bounds: list[Any]) -> str:
    above = next((bound.gt for bound in bounds if isinstance(bound, Gt)), None)
    least = next((bound.ge for bound in bounds if isinstance(bound, Ge)), None)
    most = next((bound.le for bound in bounds if isinstance(bound, Le)), None)
    if above is not None:
        return f"{kind} above {above}" + (f", {most} at most" if most is not None else "")
    if most is None:
        return f"{kind} from {least} on"
    return f"{kind} from {least} to {most}"


def _either(choices: list[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last
