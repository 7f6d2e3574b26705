"""Actions that run before the nth request of a kind: the workspace changes while somebody pages."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(slots=True)
class _Entry:
    pattern: str
    action: Callable[[], object]
    nth: int
    every: bool
    seen: int = 0


def fits(pattern: str, method: str, path: str) -> bool:
    """`GET /contacts/*`, or only a path, which then stands for any method. `*` also crosses slashes."""
    return fnmatchcase(f"{method} {path}", pattern if " " in pattern else f"* {pattern}")


class Schedule:
    """Actions waiting for their request."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, pattern: str, action: Callable[[], object], *, nth: int, every: bool) -> None:
        """See `Workspace.before_request`."""
        self._entries.append(_Entry(pattern, action, nth, every))

    def clear(self) -> None:
        """Forget all actions."""
        self._entries.clear()

    def run(self, method: str, path: str) -> None:
        """Run what is due before this request."""
        for entry in tuple(self._entries):
            if not fits(entry.pattern, method, path):
                continue
            entry.seen += 1
            due = entry.seen % entry.nth == 0 if entry.every else entry.seen == entry.nth
            if due:
                entry.action()
