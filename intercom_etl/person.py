"""What of a JSON text belongs to one person, and how it reads without them. Pure; see `erase.py`."""

import json
from dataclasses import dataclass
from typing import Any

ERASED = "[erased]"
TYPES = frozenset({"contact", "user", "lead"})
TEXTS = ("body", "subject", "html", "text", "title")
# keys whose values are ids of contacts, and keys whose values are the customer's own ids
ID_KEYS = frozenset({"contact_id", "intercom_user_id", "source_contact_id", "user_id"})
EXTERNAL_KEYS = frozenset({"external_id", "user_external_id", "user_id"})
SHORTEST_WORD = 6  # a shorter address or number would be found inside of others
SHORTEST_ID = 12  # Intercom's own have 24 digits; a short one is looked for in its own places only


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of a contact and of those that were merged into it, and the words that lead to them.

    `words` are e-mail addresses and telephone numbers, `external_ids` the customer's own ids.
    """

    ids: frozenset[str]
    words: frozenset[str]
    external_ids: frozenset[str]

    @property
    def traces(self) -> list[str]:
        """All texts that mean the person wherever they stand, the longest first."""
        found = {word for word in self.words if len(word) >= SHORTEST_WORD}
        found |= {identity for identity in self.ids if len(identity) >= SHORTEST_ID}
        return sorted(found, key=lambda text: (-len(text), text))

    @property
    def signs(self) -> list[str]:
        """Pieces of JSON text, one of which is in every record that mentions the person."""
        values = {*self.ids, *self.external_ids}
        quoted = [json.dumps(value, ensure_ascii=False) for value in sorted(values)]
        numbers = [f'_id": {value}' for value in sorted(values) if value.isdigit()]
        numbers += [f'"id": {value}' for value in sorted(self.ids) if value.isdigit()]
        return [*(json.dumps(t, ensure_ascii=False)[1:-1] for t in self.traces), *quoted, *numbers]


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


def scrub_record(text: str, person: Person) -> str:
    """The text of a record without the person, as far as it is JSON; of all others without the traces."""
    try:
        content = scrub(json.loads(text), person)
    except (ValueError, RecursionError):  # not JSON: the words at least
        return scrub_text(text, person)
    scrubbed = json.dumps(content, ensure_ascii=False)
    try:
        scrubbed.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs can only stand there as escapes
        return json.dumps(content)
    return scrubbed


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
                scrub_text(key, person): _scrub_member(key, held, person, written=written)
                for key, held in value.items()
            }
        case _:
            return value


def _scrub_member(key: str, held: Any, person: Person, *, written: bool) -> Any:
    if written and key in TEXTS:
        return None
    if written and key == "attachments":
        return []
    if isinstance(held, str | int) and (
        (key in ID_KEYS and str(held) in person.ids)
        or (key in EXTERNAL_KEYS and str(held) in person.external_ids)
    ):
        return None
    return scrub(held, person)


def _is_person(value: Any, person: Person) -> bool:
    if not isinstance(value, dict):
        return False
    return str(value.get("id")) in person.ids and value.get("type", "contact") in TYPES
