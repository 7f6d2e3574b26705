"""What every record may refer to: seed, time anchor, people, and who belongs to which company."""

from dataclasses import dataclass
from typing import Any

from intercom_etl.simulator import people
from intercom_etl.simulator.chance import Stamp, generator, pick_count, pick_stamps
from intercom_etl.simulator.size import Size

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """Made once from the seed and never altered; the workspace alters copies.

    `contacts`, `companies`, `conversations`, `tickets` are (id, created_at, updated_at) by number.
    """

    seed: int
    size: Size
    anchor: int
    workspace_id: str
    admins: list[Record]
    teams: list[Record]
    tags: list[Record]
    segments: list[Record]
    team_names: dict[str, str]
    contacts: list[tuple[str, int, int]]
    companies: list[tuple[str, int, int]]
    conversations: list[tuple[str, int, int]]
    tickets: list[tuple[str, int, int]]
    company_numbers: dict[int, list[int]]

    @classmethod
    def make(cls, seed: int, size: Size, anchor: int) -> "World":
        """The world of this seed, seen from `anchor`, in unix seconds."""
        teams = people.make_teams(seed, size)
        return cls(
            seed=seed,
            size=size,
            anchor=anchor,
            workspace_id=f"sim{seed:05x}",
            admins=people.make_admins(seed, size, teams),
            teams=teams,
            tags=people.make_tags(size),
            segments=people.make_segments(seed, size, anchor),
            team_names={team["id"]: team["name"] for team in teams},
            contacts=_hex_entries(seed, "contacts", size.contacts, anchor),
            companies=_hex_entries(seed, "companies", size.companies, anchor),
            conversations=_numeric_entries(
                seed, "conversations", size.conversations, anchor, 215_470_000_000_001
            ),
            tickets=_numeric_entries(seed, "tickets", size.tickets, anchor, 215_480_000_000_001),
            company_numbers=_link(seed, size),
        )


def _hex_entries(seed: int, kind: str, count: int, anchor: int) -> list[tuple[str, int, int]]:
    """24 hex digits that begin with the time of birth, as Intercom's older stores give them."""
    rng = generator(seed, kind)
    stamps = pick_stamps(rng, count, anchor, born_in_order=False)
    return [
        (f"{born & 0xFFFFFFFF:08x}{rng.getrandbits(40):010x}{number & 0xFFFFFF:06x}", born, changed)
        for number, (born, changed) in enumerate(stamps)
    ]


def _numeric_entries(seed: int, kind: str, count: int, anchor: int, first: int) -> list[tuple[str, int, int]]:
    stamps: list[Stamp] = pick_stamps(generator(seed, kind), count, anchor, born_in_order=True)
    return [(str(first + number), born, changed) for number, (born, changed) in enumerate(stamps)]


def _link(seed: int, size: Size) -> dict[int, list[int]]:
    """Companies of each contact. A tenth of the companies, the last ones, never get a user."""
    rng = generator(seed, "links")
    reachable = size.companies - max(1, size.companies // 10)
    if reachable < 1:
        return {}
    links: dict[int, list[int]] = {}
    for contact in range(size.contacts):
        if rng.random() < 0.35:
            continue
        wanted = pick_count(rng, 2, min(reachable, 14), 0.01)
        if wanted:
            links[contact] = rng.sample(range(reachable), wanted)
    return links
