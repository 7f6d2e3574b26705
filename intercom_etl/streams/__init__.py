"""One file a stream: its model and its declaration, nothing else.

The registry is the folder: a module here that defines `STREAM` is a stream.
"""

import importlib
import pkgutil
from functools import cache

from intercom_etl.stream import Stream


@cache
def all_streams() -> dict[str, Stream]:
    """Every declared stream by name, in alphabetical order."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    )
    declared: list[Stream] = [module.STREAM for module in modules]
    return {stream.name: stream for stream in sorted(declared, key=lambda stream: stream.name)}
