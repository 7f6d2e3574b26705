"""What may go wrong between a client and the API, as rules with a counter each.

A test that injects a fault can then prove that it really happened.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from intercom_etl.simulator.schedule import fits

STATUS_KINDS = ("401", "403", "408", "429", "500", "502", "503", "504")
BODY_KINDS = ("empty", "truncated", "html", "edit", "gzip_bomb")
WIRE_KINDS = ("reset", "reset_mid_body", "short_body", "hang", "slow", "trickle")
KINDS = (*STATUS_KINDS, *BODY_KINDS, *WIRE_KINDS)


@dataclass(slots=True)
class Fault:
    """One rule; it fires on requests that fit all of its conditions.

    kind: a status ("429", "500", "502" with HTML, ...); "empty", "truncated", "html" (all 200);
      "edit" (passes the decoded answer through `edit`); "gzip_bomb" (`size` bytes of blanks);
      "reset" (no answer), "reset_mid_body", "short_body" (closed before Content-Length);
      "hang" (never answers), "slow" (`seconds` late, otherwise right), "trickle" (a byte per `seconds`).
    path: shell pattern such as "/conversations/*", or with a method: "POST */search".
    nth: only the nth request that fits (from 1). after: not the first `after` ones.
    probability, count: chance per request, and how often it may fire at most.
    retry_after, reset: raw values of Retry-After and X-RateLimit-Reset of a 429; None leaves them out.
      `reset` may be seconds from now ("+60", "-60"), or any text that a client may choke on.
    """

    kind: str
    path: str = "*"
    method: str | None = None
    probability: float = 1.0
    nth: int | None = None
    after: int = 0
    count: int | None = None
    seconds: float = 1.0
    retry_after: str | None = None
    reset: str | None = "+1"
    size: int = 200 * 1024 * 1024
    edit: Callable[[Any], Any] | None = None
    fired: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.kind = str(self.kind)
        if self.kind not in KINDS:
            raise ValueError(f"no fault `{self.kind}`; there are {', '.join(KINDS)}")
        if self.kind == "edit" and self.edit is None:
            raise ValueError("an `edit` fault needs a function")

    def apply(self, content: Any) -> Any:
        """The decoded answer as an `edit` fault wants it."""
        return content if self.edit is None else self.edit(content)

    def _applies(self, method: str, path: str) -> bool:
        return self.method in (None, method) and fits(self.path, method, path)

    def draw(self, method: str, path: str, rng: Random) -> bool:
        """Whether it fires on this request; counts."""
        if not self._applies(method, path):
            return False
        self.seen += 1
        due = self.nth is None or self.seen == self.nth
        due = due and self.seen > self.after and (self.count is None or self.fired < self.count)
        if due and (self.probability >= 1 or rng.random() < self.probability):
            self.fired += 1
            return True
        return False


class Faults:
    """Rules in order; the first that fires wins. Give rules one by one, or in lists."""

    def __init__(self, *rules: Fault | Iterable[Fault], seed: int = 0) -> None:
        self.rules: list[Fault] = []
        for rule in rules:
            self.rules.extend([rule] if isinstance(rule, Fault) else rule)
        self._rng = Random(seed)  # noqa: S311 (repeatable is the point)

    def add(self, fault: Fault) -> Fault:
        """One more rule, behind the others."""
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults; counters of the rules stay with the rules."""
        self.rules.clear()

    @property
    def fired(self) -> int:
        """How many requests were spoiled, by all rules together."""
        return sum(rule.fired for rule in self.rules)

    def pick(self, method: str, path: str) -> Fault | None:
        """The fault that spoils this request, if any."""
        return next((rule for rule in list(self.rules) if rule.draw(method, path, self._rng)), None)
