"""The privacy policy: what is kept, hashed or dropped of every record before anybody stores it."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from intercom_etl.errors import ConfigError
from intercom_etl.json_text import elements, member_at, object_of
from intercom_etl.page import Page
from intercom_etl.privacy.addresses import Instead, replace_addresses, replace_in_words
from intercom_etl.privacy.columns import Column, Table, tables_of
from intercom_etl.privacy.hashing import is_pseudonym, normal_address, normal_text, pseudonym
from intercom_etl.privacy.rules import Rules, read_rules
from intercom_etl.privacy.treatment import UNREADABLE, Place, Treat, Verb, plain_text, treat_record
from intercom_etl.stream import Stream

REMOVED = "[email removed]"
KEEPS_ALL = "none"  # fingerprint when somebody said in so many words that everything is kept


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a record. `fingerprint` tells two policies apart, their keys included.

    `places` are the rules by stream; `instead` is what stands for an address wherever there is one,
    None when addresses stay.
    """

    fingerprint: str
    places: Mapping[str, Place] = field(repr=False)
    instead: Instead | None = field(repr=False)

    def apply(self, stream: Stream, record: bytes) -> bytes:
        """The text of a record as it may be kept. Doing it twice changes nothing more."""
        place = self.places.get(stream.name)
        if place is not None:
            record = treat_record(record, place)
        return record if self.instead is None else replace_addresses(record, self.instead)

    def apply_to_page(self, stream: Stream, page: Page) -> Page:
        """The same for all that a page holds, ids and reasons of what could not be read included."""
        return replace(
            page,
            records=tuple(self.apply(stream, record) for record in page.records),
            gone=tuple(replace(one, stub=self.apply(stream, one.stub)) for one in page.gone),
            unavailable=tuple(
                replace(
                    lost,
                    id=self._words(lost.id),
                    stub=self.apply(stream, lost.stub),
                    reason=self._words(lost.reason),
                )
                for lost in page.unavailable
            ),
        )

    def apply_to_part(self, stream: Stream, path: tuple[str, ...], part: bytes) -> bytes:
        """The text of an element of the list at this path, as it may be kept when it comes alone."""
        record = b"[" + part + b"]"
        for key in reversed(path):
            record = object_of({key: record})
        try:
            [treated] = elements(member_at(self.apply(stream, record), path) or b"null")
        except ValueError:  # it cannot be looked into
            return UNREADABLE
        return treated

    def _words(self, text: str) -> str:
        return text if self.instead is None else replace_in_words(text, self.instead)


def keep_all() -> Policy:
    """The policy that hides nothing, for whoever says so."""
    return Policy(KEEPS_ALL, {}, None)


def read_policy(text: str, *, name: str, key: str | None, streams: Iterable[Stream]) -> Policy:
    """The policy in the text of a file called `name`, for the tables of these streams.

    Raises ConfigError naming what is wrong: an unknown table, column or verb, a column that is
    needed as it is, a rule that contradicts another, or no key where something is hashed.
    """
    tables = tables_of(streams)
    rules = read_rules(text, name, tables)
    verbs = {verb for columns in rules.values() for verb in columns.values()}
    if "hash" in verbs and key is None:
        raise ConfigError(
            f"`{name}` hashes, but INTERCOM_ETL_PRIVACY_KEY is not set",
            "set it to a long secret, for example of `openssl rand -hex 32`, and keep it for ever",
        )
    secret = key.encode() if key is not None and "hash" in verbs else None
    hidden = _verb_for_addresses(rules, tables)
    return Policy(
        _fingerprint(rules, secret), _places(rules, tables, hidden, secret), _instead(hidden, secret)
    )


def _verb_for_addresses(rules: Rules, tables: Mapping[str, Table]) -> Verb:
    verbs = {
        verb
        for table, columns in rules.items()
        for column, verb in columns.items()
        if tables[table].columns[column].is_email
    }
    return "hash" if "hash" in verbs else "drop" if "drop" in verbs else "keep"


def _instead(verb: Verb, secret: bytes | None) -> Instead | None:
    if verb == "keep":
        return None
    if secret is None:
        return lambda _: REMOVED
    return lambda address: pseudonym(secret, normal_address(address))


def _places(
    rules: Rules, tables: Mapping[str, Table], hidden: Verb, secret: bytes | None
) -> dict[str, Place]:
    hash_text = _hash_with(secret, normal_text) if secret is not None else _drop
    hash_address = _hash_with(secret, normal_address) if secret is not None else _drop
    found: dict[str, Place] = {}
    for table in tables.values():
        given = rules.get(table.name, {})
        for column in table.columns.values():
            # whatever an address column holds is hashed as an address, or it would join with nothing
            verb = given.get(column.name, "hash" if column.is_email and hidden == "hash" else "keep")
            if verb == "keep" or not column.path:
                continue
            treat = _drop if verb == "drop" else hash_address if column.is_email else hash_text
            root = found.setdefault(table.stream, Place())
            for place in _objects(root, table, strict=not column.is_email):
                _put(place, column, treat, table)
    return found


def _objects(root: Place, table: Table, *, strict: bool) -> list[Place]:
    """Where the columns of a table are read from: the record, or the elements of its lists."""
    if not table.lists:
        return [root]
    places: list[Place] = []
    for *way, last in table.lists:
        holder = _walk(root, way, table, strict=strict)
        holder.is_strict |= strict
        if last in holder.members:
            raise _overlap(table, last)
        places.append(holder.lists.setdefault(last, Place()))
    return places


def _put(place: Place, column: Column, treat: Treat, table: Table) -> None:
    *way, last = column.path
    strict = not column.is_email
    holder = _walk(place, way, table, strict=strict)
    holder.is_strict |= strict
    if last in holder.lists or holder.members.setdefault(last, treat) is not treat:
        raise _overlap(table, column.name)


def _walk(place: Place, way: Iterable[str], table: Table, *, strict: bool) -> Place:
    for key in way:
        place.is_strict |= strict
        inner = place.members.setdefault(key, Place())
        if key in place.lists or not isinstance(inner, Place):
            raise _overlap(table, key)
        place = inner
    return place


def _overlap(table: Table, name: str) -> ConfigError:
    return ConfigError(
        f"two rules disagree on where `{name}` of `{table.name}` stands", "take one of them out"
    )


def _drop(_: bytes) -> bytes:
    return b"null"


def _hash_with(secret: bytes, normal: Callable[[str], str]) -> Treat:
    def treat(value: bytes) -> bytes:
        text = plain_text(value)
        if text is None:
            return b"null"  # objects and lists have no one text: they are dropped
        text = normal(text)
        if not text or is_pseudonym(text):
            return msgspec.json.encode(text)
        return msgspec.json.encode(pseudonym(secret, text))

    return treat


def _fingerprint(rules: Rules, secret: bytes | None) -> str:
    said = json.dumps(rules, sort_keys=True).encode()
    digest = hmac.digest(secret, said, "sha256") if secret is not None else hashlib.sha256(said).digest()
    return digest.hex()[:16]
