"""What a chaos run has done and found: counted, added up over workers, told in one line."""

from collections import Counter
from dataclasses import dataclass, field

from chaos.failpoints import BY_NAME as FAILPOINT_NAMES


@dataclass(slots=True)
class Tally:
    """`kills` by failpoint; what else ended a run early has a name in `events`."""

    sequences: int = 0
    syncs: int = 0
    recoveries: int = 0
    compared: int = 0
    lost: int = 0
    duplicated: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Takes in what another worker did."""
        for name in ("sequences", "syncs", "recoveries", "compared", "lost", "duplicated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("kills", "events", "faults", "codes"):
            getattr(self, name).update(getattr(other, name))

    @property
    def failpoints(self) -> int:
        """How many failpoints have fired."""
        return sum(count > 0 and name in FAILPOINT_NAMES for name, count in self.kills.items())

    @property
    def restarts(self) -> int:
        """How often the database went down and came up again, in both ways."""
        return self.events["restart fast"] + self.events["restart immediate"]

    def idle(self, *, is_long: bool = False) -> list[str]:
        """What never fired: a chaos without it proves nothing. A long one must have come to everything."""
        wanted = {
            "kill": self.kills.total(),
            "kill at a failpoint": self.failpoints,
            "fault of the API": self.faults.total(),
            "recovery": self.recoveries,
        }
        if is_long:
            wanted |= {"restart of the database": self.restarts}
            wanted |= {f"kill at `{name}`": self.kills[name] for name in FAILPOINT_NAMES}
        return [name for name, count in wanted.items() if not count]

    def line(self, minutes: float, seed: int) -> str:
        """The one line that stands for the run."""
        return (
            f"chaos: {minutes:g} min, {self.sequences:,} sequences, {self.syncs:,} syncs,"
            f" {self.kills.total():,} kills ({self.failpoints} of {len(FAILPOINT_NAMES)} failpoints),"
            f" {self.restarts:,} database restarts, {self.faults.total():,} faults fired,"
            f" {self.compared:,} records compared, {self.lost:,} lost, {self.duplicated:,} duplicated,"
            f" seed {seed}"
        )

    def details(self) -> str:
        """Everything that was counted, for those who look closer."""
        parts = [f"{self.sequences} sequences, {self.syncs} syncs, {self.kills.total()} kills"]
        for title, counted in (("kills", self.kills), ("events", self.events), ("faults", self.faults)):
            told = ", ".join(f"{name} {count}" for name, count in sorted(counted.items()) if count)
            parts.append(f"{title}: {told or 'none'}")
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(self.codes.items()))
        return "; ".join([*parts, f"ended with {codes}"])
