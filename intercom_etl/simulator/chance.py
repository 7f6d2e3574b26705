"""Seeded chance: every record has a generator of its own, so records can be made in any order, any time."""

from random import Random

HOUR = 3600
DAY = 24 * HOUR
HISTORY = 2 * 365 * DAY

Stamp = tuple[int, int]


def generator(seed: int, *names: object) -> Random:
    """A generator that depends on nothing but the seed and the names.

    Text seeds go through SHA-512, so they do not change with PYTHONHASHSEED.
    """
    return Random(f"{seed}/{'/'.join(map(str, names))}")  # noqa: S311 (repeatable is the point)


def pick_stamps(rng: Random, count: int, anchor: int, *, born_in_order: bool) -> list[Stamp]:
    """`count` pairs of created_at and updated_at within the two years before `anchor`.

    8 % changed within the last six hours, 12 % never changed, 10 % changed in the very second of
    the record before: boundaries of windows and pages are where copies go wrong.
    """
    births = [anchor - HOUR - int(rng.random() * HISTORY) for _ in range(count)]
    if born_in_order:
        births.sort()
    stamps: list[Stamp] = []
    previous = anchor - HISTORY
    for born in births:
        roll = rng.random()
        if roll < 0.08:
            changed = max(born, anchor - 30 - rng.randrange(6 * HOUR))
        elif roll < 0.20:
            changed = born
        elif roll < 0.30:
            changed = max(born, previous)
        else:
            changed = born + int((anchor - 60 - born) * rng.random() ** 2)
        stamps.append((born, changed))
        previous = changed
    return stamps


def pick_count(rng: Random, usual: int, many: int, share_of_many: float) -> int:
    """Mostly between 0 and `usual`, now and then between 11 and `many` (past the cap of ten)."""
    if many > 10 and rng.random() < share_of_many:
        return rng.randint(11, many)
    return min(rng.randint(0, usual), many)
