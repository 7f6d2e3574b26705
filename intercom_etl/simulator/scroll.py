"""The one scroll over companies that a workspace may have open at a time."""

import uuid
from collections.abc import Callable, Iterable

from intercom_etl.simulator.refusal import RefusalError

PAGE = 100


class Scroll:
    """A snapshot of ids, handed out by the hundred; the token stays the same until the end."""

    def __init__(self, idle_seconds: float, ticks: Callable[[], float]) -> None:
        self.idle_seconds = idle_seconds
        self._ticks = ticks
        self._token: str | None = None
        self._ids: list[str] = []
        self._used_at = 0.0

    def _is_open(self) -> bool:
        return self._token is not None and self._ticks() - self._used_at <= self.idle_seconds

    def advance(self, token: str | None, ids: Iterable[str]) -> tuple[str, list[str]]:
        """The next ids, and the token to ask for more with; `ids` is read only when a scroll starts."""
        if token is None:
            if self._is_open():
                raise RefusalError(400, "scroll_exists", "scroll already exists for this workspace")
            current = self._token = str(uuid.uuid4())
            self._ids = list(ids)
        elif self._is_open() and token == self._token:
            current = token
        else:
            raise RefusalError(404, "not_found", "scroll parameter not found")
        self._used_at = self._ticks()
        page, self._ids = self._ids[:PAGE], self._ids[PAGE:]
        if not page:
            self._token = None
        return current, page

    def break_off(self) -> None:
        """A server error in the middle: the scroll cannot go on, only start again."""
        self._token = None
