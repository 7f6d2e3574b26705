"""The current state of a simulated workspace: collections, who belongs where, and what is gone."""

import time
from collections.abc import Callable, Container
from functools import partial
from threading import RLock
from typing import Any, cast

from intercom_etl.simulator import catalogue
from intercom_etl.simulator.child_records import ChildRecords
from intercom_etl.simulator.collection import Collection
from intercom_etl.simulator.companies import EMBEDDED, make_company, note_sublist
from intercom_etl.simulator.contacts import ContactState, make_contact, view_contact
from intercom_etl.simulator.conversations import ConversationState, make_conversation, view_conversation
from intercom_etl.simulator.custom_objects import shown_instance
from intercom_etl.simulator.kinds import CHILD_KINDS, KINDS
from intercom_etl.simulator.macros import is_visible_to
from intercom_etl.simulator.record_set import RecordSet
from intercom_etl.simulator.size import Size
from intercom_etl.simulator.tickets import make_ticket
from intercom_etl.simulator.world import World

Record = dict[str, Any]


class Store:
    """Holds and shows; `changes_*.py` alter. Every access goes through `lock`."""

    def __init__(self, seed: int, size: Size, now: Callable[[], float] | None) -> None:
        self.now: Callable[[], float] = now or time.time
        self.lock = RLock()
        world = World.make(seed, size, int(self.now()))
        self.world = world
        self.id_code = world.workspace_id
        self.contacts: Collection[ContactState] = Collection(world.contacts, lambda n: make_contact(world, n))
        self.companies: Collection[Record] = Collection(world.companies, lambda n: make_company(world, n))
        self.conversations: Collection[ConversationState] = Collection(
            world.conversations, lambda n: make_conversation(world, n)
        )
        self.tickets: Collection[Record] = Collection(world.tickets, lambda n: make_ticket(world, n))
        self.admins = {admin["id"]: admin for admin in world.admins}
        self.teams = {team["id"]: team for team in world.teams}
        self.tags = {tag["id"]: tag for tag in world.tags}
        self.segments = {segment["id"]: segment for segment in world.segments}
        self.ticket_types = catalogue.make_ticket_types(world.workspace_id, world.anchor)
        self.ticket_states = catalogue.make_ticket_states(self.ticket_types)
        self.data_attributes = catalogue.make_data_attributes(world.anchor)
        self.records = {
            name: RecordSet(kind.number(size), partial(kind.make, world)) for name, kind in KINDS.items()
        }
        self.children = {
            name: ChildRecords(name, kind, world, getattr(self, kind.parents))
            for name, kind in CHILD_KINDS.items()
        }
        self.deleted_conversations: list[Record] = []
        self.merged_contacts: dict[str, str] = {}
        self.archived_contacts: dict[str, ContactState] = {}
        self.planted: dict[tuple[str, str], bytes] = {}
        self._issued = 0
        self.users: dict[str, dict[str, None]] = {}
        for contact, companies in world.company_numbers.items():
            for company in companies:
                self.users.setdefault(world.companies[company][0], {})[world.contacts[contact][0]] = None

    def stamp(self) -> int:
        """The workspace's clock in whole seconds."""
        return int(self.now())

    def issue_number(self) -> int:
        """A number for something new; never repeated within this workspace."""
        self._issued += 1
        return self._issued

    def company(self, company_id: str, *, cap: int | None = EMBEDDED) -> Record:
        """The company with its present number of users, and the newest `cap` of its notes."""
        notes = [note["id"] for note in self.children["company_notes"].of(company_id)]
        return {
            **self.companies.state(company_id),
            "user_count": len(self.users.get(company_id, ())),
            "notes": note_sublist(company_id, notes[::-1], cap),
        }

    def holder(self, kind: str) -> Container[str]:
        """Where the records of this kind are by their key."""
        return self.records[kind] if kind in self.records else getattr(self, kind)

    def shown(self, kind: str, newest_by: str | None = None) -> list[Record]:
        """The records of a small kind that the token's teammate may see, as GET by id answers."""
        held = self.records[kind]
        records = held.values() if newest_by is None else held.newest_first(newest_by)
        return [self._view(kind, record) for record in records if self._may_see(kind, record)]

    def shown_one(self, kind: str, record_id: str) -> Record | None:
        """One of them; None when there is none that may be seen."""
        held = self.records[kind]
        if record_id in held and self._may_see(kind, held[record_id]):
            return self._view(kind, held[record_id])
        return None

    def _may_see(self, kind: str, record: Record) -> bool:
        return kind != "macros" or is_visible_to(record, next(iter(self.admins.values()), None))

    @staticmethod
    def _view(kind: str, record: Record) -> Record:
        return shown_instance(record) if kind == "custom_object_instances" else record

    def truth(self, kind: str) -> dict[str, Record]:
        """Every current record of a kind as GET by id would answer, but without the API's caps."""
        with self.lock:
            if kind in self.records:
                return {str(record["id"]): record for record in self.shown(kind)}
            if kind in self.children:
                return dict(self.children[kind].every())
            whole = self._whole(kind)
            return {record_id: whole(record_id) for record_id in self._ids(kind)}

    def _ids(self, kind: str) -> list[str]:
        if kind in ("ticket_types", "ticket_states", "data_attributes"):
            key = "full_name" if kind == "data_attributes" else "id"
            return [self._key(record, key) for record in cast("list[Record]", getattr(self, kind))]
        return list(getattr(self, kind))

    @staticmethod
    def _key(record: Record, key: str) -> str:
        return f"{record['model']}.{record[key]}" if key == "full_name" else record[key]

    def _whole(self, kind: str) -> Callable[[str], Record]:
        if kind in self.records:
            return lambda one: self._view(kind, self.records[kind][one])
        match kind:
            case "contacts":
                return lambda one: view_contact(self.contacts.state(one), cap=None)
            case "companies":
                return lambda one: self.company(one, cap=None)
            case "conversations":
                return lambda one: view_conversation(self.conversations.state(one), cap=None)
            case "tickets":
                return self.tickets.state
            case "admins" | "teams" | "tags" | "segments":
                return getattr(self, kind).__getitem__
            case "ticket_types" | "ticket_states" | "data_attributes":
                return dict(zip(self._ids(kind), getattr(self, kind), strict=True)).__getitem__
            case _:
                raise ValueError(f"the simulator has no `{kind}`")
