"""What of a JSON text belongs to one person, and how it reads without them. Pure; see `erase.py`."""

from dataclasses import dataclass
from typing import Any

ERASED = "[erased]"
TYPES = frozenset({"contact", "user", "lead"})
TEXTS = ("body", "subject", "html", "text", "title")
SHORTEST_WORD = 5  # a shorter address or number would be found inside of others


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of a contact and of those that were merged into it, and the words that lead to them.

    `words` are e-mail addresses, telephone numbers and the customer's own ids.
    """

    ids: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, ids: frozenset[str], words: frozenset[str]) -> "Person":
        """Without words that are too short to tell a person."""
        return cls(ids, frozenset(word for word in words if len(word) >= SHORTEST_WORD))

    @property
    def traces(self) -> list[str]:
        """All texts by which the person can be found, the longest first."""
        return sorted(self.ids | self.words, key=lambda text: (-len(text), text))


def scrub_text(text: str, person: Person) -> str:
    """The text with all traces replaced, in whatever case they stand."""
    lowered = text.lower()
    for trace in person.traces:
        wanted = trace.lower()
        if wanted not in lowered or len(lowered) != len(text):  # some letters change their length
            text = text.replace(trace, ERASED)
            lowered = text.lower()
            continue
        pieces, start = [], 0
        while (found := lowered.find(wanted, start)) >= 0:
            pieces += [text[start:found], ERASED]
            start = found + len(wanted)
        text = "".join((*pieces, text[start:]))
        lowered = text.lower()
    return text


def scrub(value: Any, person: Person) -> Any:
    """The value without the person: who they are, what they wrote, and every trace in other texts."""
    match value:
        case str():
            return scrub_text(value, person)
        case list():
            return [scrub(item, person) for item in value if not _is_person(item, person)]
        case dict():
            if _is_person(value, person):
                return {"type": value.get("type"), "id": None, "name": ERASED}
            written = _is_person(value.get("author"), person)
            return {
                scrub_text(key, person): None
                if written and key in TEXTS
                else []
                if written and key == "attachments"
                else scrub(held, person)
                for key, held in value.items()
            }
        case int() if str(value) in person.ids:
            return None
        case _:
            return value


def _is_person(value: Any, person: Person) -> bool:
    if not isinstance(value, dict):
        return False
    return str(value.get("id")) in person.ids and value.get("type", "contact") in TYPES
