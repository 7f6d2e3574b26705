"""One file a stream: its model and its declaration, nothing else.

The registry is the folder: a module here that defines `STREAM` is a stream.
"""

import importlib
import pkgutil
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import cache

from intercom_etl.errors import ConfigError
from intercom_etl.stream import Stream


@cache
def all_streams() -> dict[str, Stream]:
    """Every declared stream by name, in alphabetical order."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    )
    declared: list[Stream] = [module.STREAM for module in modules]
    return {stream.name: stream for stream in sorted(declared, key=lambda stream: stream.name)}


def usual_streams(choice: Sequence[str], set_names: Collection[str]) -> tuple[Stream, ...]:
    """The streams of a run that names none: all but the costly ones, changed by `choice`.

    `choice` are names: `name` alone means only those, `+name` adds and `-name` leaves out.
    `set_names` are the settings that name something, for streams that are read by name. Raises
    ConfigError for a name that does not exist.
    """
    known = all_streams()
    wanted = {name for name, stream in known.items() if _is_usual(stream, set_names)}
    if choice and not any(word.startswith(("+", "-")) for word in choice):
        wanted = set()
    for word in choice:
        name = word.lstrip("+-")
        if name not in known:
            near = get_close_matches(name, known, n=2)
            guess = f"did you mean `{'` or `'.join(near)}`? " if near else ""
            raise ConfigError(
                f"INTERCOM_ETL_STREAMS names `{word}`, which is no stream",
                f"{guess}see `intercom-etl streams`; write `+name`, `-name`, or only the names that you want",
            )
        (wanted.discard if word.startswith("-") else wanted.add)(name)
    if not wanted:
        raise ConfigError("INTERCOM_ETL_STREAMS leaves no stream", "see `intercom-etl streams`")
    return tuple(stream for name, stream in known.items() if name in wanted)


def history_streams(names: Sequence[str]) -> frozenset[str]:
    """The streams of which every version is kept. Raises ConfigError for a name that does not exist."""
    known = all_streams()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=2)
            guess = f"did you mean `{'` or `'.join(near)}`? " if near else ""
            raise ConfigError(
                f"INTERCOM_ETL_HISTORY names `{name}`, which is no stream",
                f"{guess}see `intercom-etl streams`",
            )
    return frozenset(names)


def _is_usual(stream: Stream, set_names: Collection[str]) -> bool:
    if stream.setting is not None:
        return stream.setting in set_names
    return stream.optional is None
