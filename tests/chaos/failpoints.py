"""The named places in the product where a run can be killed, without any hook in the product.

A failpoint wraps one function of the product from outside, in the process that is to die. A seam that is not
there any more, or is of another kind than it was, ends the process with `BROKEN`: a failpoint that silently
never fires would prove nothing.
"""

import functools
import importlib
import inspect
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

BROKEN = 99  # no code of the product's own

Arrive = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Failpoint:
    """`seam` is `module:name` of a coroutine function, an async generator or an async context manager.

    "before" and "after" are of the call, or of the block of a context manager as its user sees it:
    "inside" is when the user's block has ended well and the manager has not yet. "each" is before an item of
    a generator is handed on.
    """

    name: str
    seam: str
    when: Literal["before", "after", "inside", "each"]


FAILPOINTS = (
    Failpoint("run row opened", "intercom_etl.state.runs:open_run", "after"),
    Failpoint("lease claimed", "intercom_etl.state.leases:_claim", "after"),
    Failpoint("answer came", "intercom_etl.extract.client:IntercomClient._send", "after"),
    Failpoint("before a detail request", "intercom_etl.extract.details:_fetch", "before"),
    Failpoint("before the list of a parent", "intercom_etl.extract.per_parent:_collect", "before"),
    Failpoint("page handed on", "intercom_etl.reading:Reading.pages", "each"),
    Failpoint("before COPY", "intercom_etl.load.write:copy_rows", "before"),
    Failpoint("after COPY", "intercom_etl.load.write:copy_rows", "after"),
    Failpoint("before the merge", "intercom_etl.load.write:_counts", "before"),
    Failpoint("after the merge", "intercom_etl.load.write:_counts", "after"),
    Failpoint("children replaced", "intercom_etl.load.write:Loader._replace_children", "after"),
    Failpoint("resume point moved", "intercom_etl.state.bookmarks:remember", "after"),
    Failpoint("before COMMIT", "intercom_etl.postgres.connection:Database.transaction", "inside"),
    Failpoint("after COMMIT", "intercom_etl.postgres.connection:Database.transaction", "after"),
    Failpoint("before what is missing is buried", "intercom_etl.sync:bury_missing", "before"),
    Failpoint("before the bookmark moves", "intercom_etl.state.bookmarks:advance", "before"),
    Failpoint("bookmark moved", "intercom_etl.state.bookmarks:advance", "after"),
    Failpoint("before the run's row is closed", "intercom_etl.runs:_close", "before"),
    Failpoint("run's row closed", "intercom_etl.runs:_close", "after"),
)
BY_NAME = {failpoint.name: failpoint for failpoint in FAILPOINTS}


class SeamGoneError(Exception):
    """The product has changed: the failpoint must be given its new place."""


def kill_at_arrival(failpoint: Failpoint, nth: int) -> None:
    """From now on this process kills itself (SIGKILL) when it comes to the failpoint for the nth time."""
    arrivals = 0

    def arrive() -> None:
        nonlocal arrivals
        arrivals += 1
        if arrivals == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    holder, name, seam = find_seam(failpoint)
    setattr(holder, name, _wrapped(failpoint, seam, arrive))


def check_seams() -> None:
    """Raises SeamGoneError unless every failpoint has its seam."""
    for failpoint in FAILPOINTS:
        holder, name, seam = find_seam(failpoint)
        del holder, name
        _wrapped(failpoint, seam, lambda: None)


def find_seam(failpoint: Failpoint) -> tuple[Any, str, Any]:
    """Where the seam is kept, under which name, and the seam itself."""
    module, _, path = failpoint.seam.partition(":")
    *parents, name = path.split(".")
    try:
        holder: Any = importlib.import_module(module)
        for parent in parents:
            holder = getattr(holder, parent)
        return holder, name, getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise SeamGoneError(f"failpoint `{failpoint.name}`: there is no `{failpoint.seam}`") from error


def _wrapped(failpoint: Failpoint, seam: Any, arrive: Arrive) -> Any:
    if failpoint.when == "each" and inspect.isasyncgenfunction(seam):
        return _each(seam, arrive)
    if failpoint.when in {"before", "after"} and inspect.iscoroutinefunction(seam):
        return _around(seam, arrive, is_before=failpoint.when == "before")
    if failpoint.when in {"inside", "after"} and inspect.isasyncgenfunction(inspect.unwrap(seam)):
        return _managed(seam, arrive, is_inside=failpoint.when == "inside")
    raise SeamGoneError(f"failpoint `{failpoint.name}`: `{failpoint.seam}` is of another kind now")


def _around(seam: Any, arrive: Arrive, *, is_before: bool) -> Any:
    @functools.wraps(seam)
    async def wrapped(*args: Any, **more: Any) -> Any:
        if is_before:
            arrive()
        result = await seam(*args, **more)
        if not is_before:
            arrive()
        return result

    return wrapped


def _each(seam: Any, arrive: Arrive) -> Any:
    @functools.wraps(seam)
    async def wrapped(*args: Any, **more: Any) -> Any:
        async with aclosing(seam(*args, **more)) as items:
            async for item in items:
                arrive()
                yield item

    return wrapped


def _managed(seam: Any, arrive: Arrive, *, is_inside: bool) -> Any:
    @asynccontextmanager
    async def wrapped(*args: Any, **more: Any) -> AsyncIterator[Any]:
        async with seam(*args, **more) as held:
            yield held
            if is_inside:
                arrive()
        if not is_inside:
            arrive()

    return wrapped
