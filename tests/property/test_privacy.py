"""Laws of the privacy policy: no address survives in any spelling; what is not spoken of is left alone."""

import contextlib
import json
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.endpoint import Listing
from intercom_etl.errors import ConfigError
from intercom_etl.json_text import storable
from intercom_etl.page import Gone, Page, Unavailable
from intercom_etl.privacy.addresses import without_addresses
from intercom_etl.privacy.hashing import pseudonym
from intercom_etl.privacy.policy import Policy, read_policy
from intercom_etl.record import Id, Record, Text, at
from intercom_etl.stream import Children, Stream
from intercom_etl.streams import all_streams

STREAMS = all_streams()
CONTACTS, CONVERSATIONS, TAGS = (STREAMS[name] for name in ("contacts", "conversations", "tags"))
KEY = "a key of the tests"


def policy(text: str, *streams: Stream, key: str | None = KEY) -> Policy:
    return read_policy(text, name="privacy.toml", key=key, streams=streams or STREAMS.values())


HASHING = policy('[contacts]\nemail = "hash"\n')
DROPPING = policy('[contacts]\nemail = "drop"\n', key=None)
STRICT = policy(
    """
    [contacts]
    email = "hash"
    name = "drop"
    phone = "hash"
    location_city = "drop"
    [contact_tags]
    name = "hash"
    [conversations]
    source_author_name = "drop"
    source_body = "hash"
    [conversation_parts]
    body = "drop"
    """
)


def hashed(text: str) -> str:
    return pseudonym(KEY.encode(), text)


# addresses, and all the ways in which they are written

names = st.from_regex(r"[a-z0-9][a-z0-9_.+%'-]{0,12}[a-z0-9_-]|[a-z]", fullmatch=True)
odd_names = st.text(st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~-."), min_size=1, max_size=12).filter(
    lambda name: not name.endswith("/")
)
foreign_names = st.sampled_from(["müller", "иван", "山田", "o'brien", '"two words"', "हिन्दी", "\U00020bb7野"])
hosts = st.from_regex(r"([a-z][a-z0-9-]{0,6}[a-z0-9]\.){1,2}[a-z]{2,5}", fullmatch=True) | st.sampled_from(
    ["localhost", "exämple.de", "例子.中国", "[192.0.2.1]", "xn--bcher-kva.example"]
)
addresses = st.builds("{}@{}".format, names | odd_names | foreign_names, hosts)
plain_addresses = st.builds(
    "{}@{}".format, names.filter(lambda name: "%" not in name), hosts.filter(str.isascii)
)


def as_is(text: str) -> str:
    return text


def every_letter_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def every_letter_entity(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


def in_json(text: str) -> str:
    return json.dumps({"to": text})


encodings: list[Callable[[str], str]] = [
    as_is, str.upper, str.title, quote, lambda text: quote(quote(text)), escape, every_letter_percent,
    every_letter_entity, in_json,
    lambda text: text.replace("@", "&#64;"), lambda text: text.replace("@", "&#x40;"),
    lambda text: text.replace("@", "&commat;"), lambda text: text.replace("@", "\uff20"),
    lambda text: in_json(in_json(quote(text))),
]  # fmt: skip
frames = st.sampled_from(
    [
        "{}", "{}, {}", "<{}>", "&lt;{}&gt;", "mailto:{}?subject=x", '<a href="mailto:{}">{}</a>',
        "https://example.org/?email={}&x=1", "({})", "'{}'", "*{}*", "write to {}.",
        "{}\n{}", "\t{}\r\n", "x {} — {}", "😀{}😀", "%3C{}%3E", "\\{}", "{}:{}",
        "\u200b{}\u200b", "a@b.{}", "{}/{}", "\x00{}\x00", "\ud800{}\udc00",
    ]
)  # fmt: skip
layouts: list[Callable[[Any], bytes]] = [
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"),
    lambda value: json.dumps(value, indent=2).encode(),
    lambda value: every_letter_escaped(value).encode(),
    lambda value: as_rails_does(json.dumps(value)).encode(),
    lambda value: json.dumps(value).replace("/", "\\/").encode(),
    lambda value: b'{"broken": [' + json.dumps(value).encode(),
    lambda value: json.dumps(value).encode() + b'\xff{"x":NaN,,',
]  # fmt: skip


def as_rails_does(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def every_letter_escaped(value: Any) -> str:
    """JSON whose strings are all escapes, as the standard allows."""
    match value:
        case str():
            units = value.encode("utf-16-be", "surrogatepass")
            return (
                '"' + "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2)) + '"'
            )
        case dict():
            return (
                "{"
                + ",".join(f"{every_letter_escaped(k)}:{every_letter_escaped(v)}" for k, v in value.items())
                + "}"
            )
        case list():
            return "[" + ",".join(map(every_letter_escaped, value)) + "]"
        case _:
            return json.dumps(value)


def readings(text: bytes) -> list[str]:
    """What somebody could read in the text: as it is, and decoded."""
    found = [text.decode(errors="replace")]
    with contextlib.suppress(ValueError):  # not every layout is JSON
        found.append(json.dumps(json.loads(storable(text)[0]), ensure_ascii=False).replace('\\"', '"'))
    return [reading.lower() for reading in found]


@given(
    st.lists(addresses, min_size=1, max_size=3), frames, st.sampled_from(encodings), st.sampled_from(layouts)
)
def test_no_address_is_left_in_any_spelling(
    found: list[str], frame: str, encode: Callable[[str], str], layout: Callable[[Any], bytes]
) -> None:
    first, second = encode(found[0]), encode(found[-1])
    text = frame.format(first, second)
    record = layout({"id": "1", "body": text, "custom": {text: [text, {"x": first}]}, "more": found})
    for rules, stream in (
        (HASHING, CONTACTS),
        (HASHING, TAGS),
        (DROPPING, CONTACTS),
        (STRICT, CONVERSATIONS),
    ):
        treated = rules.apply(stream, record)
        for reading in readings(treated):
            for address in found:
                assert address.lower() not in reading
                if '"' not in address:  # with quotes only as it is written in JSON
                    assert encode(address).lower() not in reading
        assert rules.apply(stream, treated) == treated


@given(plain_addresses, st.sampled_from(layouts[:6]))
def test_an_address_has_the_same_hash_in_every_table_and_spelling(
    address: str, layout: Callable[[Any], bytes]
) -> None:
    one = hashed(address.lower())
    contact = json.loads(HASHING.apply(CONTACTS, layout({"id": "1", "email": f" {address.upper()} "})))
    assert contact == {"id": "1", "email": one}
    author = {"type": "user", "email": address.title()}
    parts = {"conversation_parts": [{"id": "2", "author": author, "body": f"<p>Ask {address}, please.</p>"}]}
    conversation = {
        "id": "1",
        "source": {"author": author, "url": f"mailto:{quote(address)}"},
        "conversation_parts": parts,
    }
    treated = json.loads(HASHING.apply(CONVERSATIONS, layout(conversation)))
    assert treated["source"] == {"author": {"type": "user", "email": one}, "url": f"mailto:{one}"}
    (part,) = treated["conversation_parts"]["conversation_parts"]
    assert part == {"id": "2", "author": {"type": "user", "email": one}, "body": f"<p>Ask {one}, please.</p>"}


# anything at all

texts = st.text(st.characters()) | addresses
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)
keys = st.sampled_from(
    ["id", "name", "email", "phone", "location", "city", "tags", "data", "source", "author", "body"]
)
nested = st.dictionaries(keys, values | st.lists(st.dictionaries(keys, values), max_size=3))
records = st.dictionaries(keys | texts, values | nested, max_size=8)


@given(records | values, st.sampled_from([None, 2]), st.booleans())
def test_any_json_stays_json_and_a_second_time_changes_nothing(
    record: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(record, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for rules in (HASHING, DROPPING, STRICT):
        for stream in (CONTACTS, CONVERSATIONS, TAGS):
            treated = rules.apply(stream, text)
            once = json.loads(treated.decode("utf-8", "surrogatepass"))
            # keys that have become the same are one member the second time, as in jsonb
            again = json.loads(rules.apply(stream, treated).decode("utf-8", "surrogatepass"))
            assert repr(again) == repr(once)


@given(
    st.binary(max_size=200)
    | st.builds(lambda a, b: a + b"x@y" + b, st.binary(max_size=50), st.binary(max_size=50))
)
def test_any_bytes_survive(text: bytes) -> None:
    for rules in (HASHING, STRICT):
        treated = rules.apply(CONTACTS, text)
        assert rules.apply(CONTACTS, treated) == treated


@given(records, st.sampled_from([None, 2]), st.booleans())
def test_a_record_without_address_and_without_rule_stays_byte_for_byte(
    record: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(record, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert policy('[conversations]\ntitle = "drop"\n').apply(CONTACTS, text) == text
    if b"@" not in text and b"\\u" not in text and not any(sign in text for sign in "\uff20\ufe6b".encode()):
        assert HASHING.apply(TAGS, text) == text


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="@\uff20\ufe6b")), st.integers(), max_size=5
    )
)
def test_members_without_a_rule_stay_as_they_stand(more: dict[str, int]) -> None:
    text = json.dumps(more | {"id": "1", "name": "Ada", "n": 10**400}, ensure_ascii=False).encode()
    treated = json.loads(policy('[contacts]\nname = "drop"\n').apply(CONTACTS, text))
    assert treated == more | {"id": "1", "name": None, "n": 10**400}


# single cases


def contact(rules: Policy, text: str) -> Any:
    return json.loads(rules.apply(CONTACTS, text.encode()))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"+49 30 1234"', hashed("+49 30 1234")),
        ("4930", hashed("4930")),
        ("true", hashed("true")),
        ("null", None),
        ('""', ""),
        ("{}", None),
        ('["+49"]', None),
        ('"\\ud800"', hashed("\ufffd")),
        (f'"{hashed("x")}"', hashed("x")),
        ('" Ada@Example.com"', hashed("ada@example.com")),
    ],
)
def test_what_a_hash_is_made_of(value: str, kept: str | None) -> None:
    assert contact(policy('[contacts]\nphone = "hash"\n'), f'{{"id":"1","phone":{value}}}') == {
        "id": "1",
        "phone": kept,
    }


def test_a_hash_can_be_made_outside_of_this_program() -> None:
    """`printf ada@example.com | openssl dgst -sha256 -hmac 'a key of the tests'`, cut to 32 digits."""
    assert hashed("ada@example.com") == "h_465139fe62fd789c2642db89dccdfd01"


def test_of_members_that_come_twice_none_is_left() -> None:
    treated = STRICT.apply(CONTACTS, b'{"id":"1","name":"Ada","n\\u0061me":"Ada","name":null}')
    assert b"Ada" not in treated


def test_what_a_rule_cannot_look_into_is_taken_out_without_saying_that_there_is_nothing() -> None:
    assert contact(STRICT, '{"id":"1","location":["Berlin"],"tags":{"data":"vip"}}') == {
        "id": "1",
        "location": [],
        "tags": {"data": {}},
    }
    assert STRICT.apply(CONTACTS, b'["Ada"]') == STRICT.apply(CONTACTS, b'{"name":"Ada"') != b'["Ada"]'
    assert STRICT.apply(CONTACTS, b"null") == b"null"
    assert contact(STRICT, '{"id":"1","tags":{"data":["7",null,{"id":"8","name":"vip"}]}}')["tags"] == {
        "data": ["7", None, {"id": "8", "name": hashed("vip")}]
    }


def test_deep_nesting_and_large_records_take_no_time_and_no_stack() -> None:
    deep = b'{"id":"1","name":' + b"[" * 100_000 + b"]" * 100_000 + b',"x":"ada@example.com"}'
    assert (
        STRICT.apply(CONTACTS, deep) == f'{{"id":"1","name":null,"x":"{hashed("ada@example.com")}"}}'.encode()
    )
    for piece in (
        b"a@",
        b"@",
        b"a@b+",
        b".@",
        b"-",
        b"%41",
        b"\\u0041",
        b'\\"a b\\"@ ',
        b"a@[a",
        b"/@",
        "山@".encode(),
    ):
        HASHING.apply(TAGS, b'{"x":"@' + piece * 50_000 + b'@"}')


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/@name/x",
        "icon@2x.png",
        "see @ada",
        "5 @ 3",
        "h_0123@",
        "https://maps.example/@48.1,11.5,3z",
    ],
)
def test_what_is_no_address_is_left_alone(text: str) -> None:
    record = json.dumps({"id": "1", "text": text}).encode()
    assert HASHING.apply(TAGS, record) == record


def test_a_page_is_treated_with_everything_that_it_holds() -> None:
    from datetime import UTC, datetime

    record = b'{"id":"a@b.c","email":"ada@example.com"}'
    page = Page(
        (record,),
        datetime(2026, 1, 1, tzinfo=UTC),
        gone=(Gone(record, "not_found"),),
        unavailable=(Unavailable("a@b.c", record, "`GET /contacts/a%40b.c` failed"),),
    )
    treated = HASHING.apply_to_page(CONTACTS, page)
    assert "@" not in repr(treated)
    assert "%40" not in repr(treated)
    assert policy('[contacts]\nname = "drop"\n').apply_to_page(CONTACTS, page) == page


def test_words_for_people_show_no_address() -> None:
    assert (
        without_addresses("no user ada@example.com, %3Cada%40example.com%3E")
        == "no user [email], %3C[email]%3E"
    )


# the file


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        ("[contact]\nemail = 'hash'", "unknown table `contact` in `privacy.toml`", "did you mean `contacts`"),
        ("[contacts]\nemial = 'hash'", "unknown column `contacts.emial` in", "did you mean `email`"),
        ("[contacts]\nemail = 'hashed'", "`contacts.email` is `hashed` in", "did you mean `hash`"),
        ("[contacts]\nemail = 1", "`contacts.email` is `1` in", "it can be: drop, hash, keep"),
        ("[contacts.email]\nverb = 'hash'", "`contacts.email` is `{'verb': 'hash'}`", "it can be"),
        ("email = 'hash'", "`email` in `privacy.toml` stands in no table", "[contacts]"),
        ("", "`privacy.toml` has no rule", "INTERCOM_ETL_PRIVACY_FILE"),
        ("[contacts", "cannot read `privacy.toml`: expected ']'", "a rule is like"),
        ("[contacts]\nid = 'hash'", "`contacts.id` cannot be `hash`", "take the line out"),
        ("[contacts]\nraw = 'drop'", "`contacts.raw` cannot be `drop`", "take the line out"),
        ("[contacts]\nupdated_at = 'drop'", "what tells versions apart", "take the line out"),
        ("[contact_tags]\ntag_id = 'hash'", "it is the key", "take the line out"),
        ("[contact_tags]\ncontact_id = 'drop'", "it is the key", "take the line out"),
        ("[conversations]\nparts_truncated = 'drop'", "no value of a record", "take the line out"),
        ("[conversations]\nparts_total_count = 'drop'", "whether a list is whole", "take the line out"),
        (
            "[conversations]\ncount_conversation_parts = 'drop'",
            "whether a list is whole",
            "take the line out",
        ),
        ("[conversations]\nrating = 'hash'", "the column does not hold text", '`"drop"`'),
        ("[contacts]\ncreated_at = 'hash'", "the column does not hold text", '`"drop"`'),
        (
            "[contacts]\nemail = 'hash'\n[admins]\nemail = 'keep'",
            "`admins.email` cannot be `keep` in `privacy.toml`: `contacts.email` is `hash`",
            "take one of the two",
        ),
    ],
)
def test_a_rule_that_cannot_be_honoured_is_refused(text: str, error: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(text)
    assert error in caught.value.message
    assert caught.value.hint
    assert hint in caught.value.hint


def test_a_key_is_needed_only_where_something_is_hashed() -> None:
    with pytest.raises(ConfigError, match="INTERCOM_ETL_PRIVACY_KEY is not set"):
        policy('[contacts]\nphone = "hash"\n', key=None)
    assert (
        contact(policy('[contacts]\nphone = "drop"\n', key=None), '{"id":"1","phone":"5"}')["phone"] is None
    )


def test_the_fingerprint_tells_policies_and_keys_apart_and_shows_neither() -> None:
    same = policy('[contacts]\nemail = "hash" # as ever\n')
    other = policy('[contacts]\nemail = "hash"\nphone = "drop"\n')
    key = policy('[contacts]\nemail = "hash"\n', key="another key of the tests")
    assert same.fingerprint == HASHING.fingerprint
    assert len({HASHING.fingerprint, other.fingerprint, key.fingerprint, DROPPING.fingerprint}) == 4
    assert KEY not in repr(HASHING)


class Overlapping(Record):
    id: Id
    whole: Text = at("a")
    part: Text = at("a", "b")


def test_rules_for_overlapping_places_are_refused() -> None:
    stream = Stream("things", "Things", "Read", Overlapping, Listing("/things"))
    listed = Children("things_a", Overlapping, (("a",),), "thing_id")
    for text, children in (
        ('[things]\nwhole = "drop"\npart = "drop"\n', ()),
        ('[things]\nwhole = "drop"\n[things_a]\nwhole = "drop"\n', (listed,)),
    ):
        with pytest.raises(ConfigError, match="disagree"):
            policy(text, Stream("things", "Things", "Read", Overlapping, stream.endpoint, children=children))
