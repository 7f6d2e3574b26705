"""Help in the form of other programs' help: `STREAM` and not `[STREAM]... <list[str]>`."""

import re
from typing import Any

from typer.core import TyperArgument, TyperCommand

SECONDS_OF_A_WATCH = "5"


class _PlainArgument(TyperArgument):
    """An argument whose kind is not spelled out, and that stands without braces when it must be given."""

    def display_type_rich(self, ctx: Any) -> None:  # noqa: ARG002 - typer's own signature
        return None

    def get_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().get_usage_pieces(ctx)]


class PlainCommand(TyperCommand):
    """A command with such help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for parameter in self.params:
            # typer makes them itself and takes no class for it
            if isinstance(parameter, TyperArgument):
                parameter.__class__ = _PlainArgument


class WatchingCommand(PlainCommand):
    """A command whose --watch may stand without its seconds."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left of the arguments, as typer has it."""
        filled: list[str] = []
        for word, following in zip(args, [*args[1:], ""], strict=False):
            filled.append(word)
            if word == "--watch" and not re.match(r"\d", following):
                filled.append(SECONDS_OF_A_WATCH)
        return super().parse_args(ctx, filled)
