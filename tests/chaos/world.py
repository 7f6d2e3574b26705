"""The workspace that is copied: small, with a clock of its own, and changed by events that are drawn."""

import time
from collections import Counter
from collections.abc import Callable

from intercom_etl.simulator.workspace import Size, Workspace

SMALL = Size(
    contacts=24, conversations=16, companies=10, tickets=10, admins=3, teams=2, tags=5, segments=3, parts=3,
    articles=3, collections=2, help_centers=1, redirects=2, internal_articles=2, news_items=2, newsfeeds=1,
    content_import_sources=2, external_pages=3, content_snippets=2, audiences=2, calls=4, macros=2,
    data_connectors=2, execution_results=4, activity_logs=8, custom_object_instances=2, content_receipts=4,
)  # fmt: skip
# "That many may always go" from a collection between two runs; more is doubted, and rightly so.
MAY_VANISH = 3
LEFT_AT_LEAST = 6
SHORT_OF_A_SWEEP = 8 * 86_400  # seconds; a sweep comes after seven days


class World:
    """`is_patient`: archived contacts still answer by id, which only a sweep hours later believes."""

    def __init__(self, seed: int, *, is_patient: bool, includes_equal: bool) -> None:
        self.ahead = 0.0
        self.is_patient = is_patient
        self.workspace = Workspace(seed=seed, size=SMALL, now=self._now, scroll_idle_seconds=1)
        self.workspace.comparisons_include_equal = includes_equal
        self.workspace.bounds_include_equal = includes_equal
        self.workspace.archived_contact_status = 200 if is_patient else 404
        self._vanished: Counter[str] = Counter()

    def _now(self) -> float:
        return time.time() + self.ahead

    def pass_seconds(self, seconds: float) -> None:
        """On the workspace's clock, which is the API's."""
        self.ahead += seconds

    def forget_vanished(self, before: Counter[str]) -> None:
        """A run that ended well has noticed what was gone when it began."""
        if not self.is_patient:
            self._vanished -= before

    def vanished(self) -> Counter[str]:
        """What is gone since it was last noticed, by kind."""
        return self._vanished.copy()

    def settle(self) -> None:
        """Before a comparison: everything that a run must notice can be noticed by it."""
        if self.is_patient:
            self.pass_seconds(SHORT_OF_A_SWEEP)

    def settled(self) -> None:
        """A comparison found nothing amiss."""
        self._vanished.clear()

    def change(self, name: str, pick: int) -> None:
        """One event; `pick` says which record, in a way that is the same for the same seed."""
        with self.workspace.lock:
            CHANGES[name](self, pick)

    def one(self, kind: str, pick: int) -> str:
        held = list(getattr(self.workspace, kind))
        return held[pick % len(held)]

    def remove(self, kind: str, pick: int, how: Callable[[str], object]) -> None:
        """Something vanishes, unless so much has already that a copier would doubt it."""
        held = list(getattr(self.workspace, kind))
        if self._vanished[kind] < MAY_VANISH and len(held) > LEFT_AT_LEAST:
            self._vanished[kind] += 1
            how(held[pick % len(held)])


def _merge(world: World, pick: int) -> None:
    def into_another(source: str) -> None:
        others = [one for one in world.workspace.contacts if one != source]
        world.workspace.merge_contacts(source, others[pick % len(others)])

    world.remove("contacts", pick, into_another)


def _unarchive(world: World, pick: int) -> None:
    archived = list(world.workspace.archived_contacts)
    if archived:
        world.workspace.unarchive_contact(archived[pick % len(archived)])


def _rename_tag(world: World, pick: int) -> None:
    identity = world.one("tags", pick)
    world.workspace.tags[identity] = {**world.workspace.tags[identity], "name": f"renamed {pick}"}


def _delete_company(world: World, pick: int) -> None:
    world.remove("companies", pick, lambda one: world.workspace.delete_company(one, touch_contacts=True))


CHANGES: dict[str, Callable[[World, int], object]] = {
    "reply": lambda w, n: w.workspace.reply(w.one("conversations", n), f"<p>reply {n}</p>"),
    "close conversation": lambda w, n: w.workspace.close_conversation(w.one("conversations", n)),
    "tag conversation": lambda w, n: w.workspace.tag_conversation(
        w.one("conversations", n), w.one("tags", n)
    ),
    "add conversation": lambda w, n: w.workspace.add_conversation(w.one("contacts", n), f"<p>new {n}</p>"),
    "delete conversation": lambda w, n: w.remove("conversations", n, w.workspace.delete_conversation),
    "add contact": lambda w, n: w.workspace.add_contact(name=f"new {n}"),
    "edit contact": lambda w, n: w.workspace.update_contact(w.one("contacts", n), name=f"renamed {n}"),
    "tag contact": lambda w, n: w.workspace.tag_contact(w.one("contacts", n), w.one("tags", n)),
    "note on contact": lambda w, n: w.workspace.add_note(w.one("contacts", n), f"<p>note {n}</p>"),
    "delete contact": lambda w, n: w.remove("contacts", n, w.workspace.delete_contact),
    "archive contact": lambda w, n: w.remove("contacts", n, w.workspace.archive_contact),
    "unarchive contact": _unarchive,
    "merge contacts": _merge,
    "add company": lambda w, n: w.workspace.add_company(name=f"new {n}"),
    "edit company": lambda w, n: w.workspace.update_company(w.one("companies", n), name=f"renamed {n}"),
    "note on company": lambda w, n: w.workspace.add_child("company_notes", w.one("companies", n)),
    "attach contact": lambda w, n: w.workspace.attach_contact(
        w.one("contacts", n), w.one("companies", n), touch=True
    ),
    "delete company": _delete_company,
    "reply to ticket": lambda w, n: w.workspace.reply_to_ticket(w.one("tickets", n), f"<p>reply {n}</p>"),
    "edit ticket": lambda w, n: w.workspace.update_ticket(w.one("tickets", n), open=bool(n % 2)),
    "delete ticket": lambda w, n: w.remove("tickets", n, w.workspace.delete_ticket),
    "add tag": lambda w, n: w.workspace.add_tag(f"new {n}"),
    "rename tag": _rename_tag,
}
