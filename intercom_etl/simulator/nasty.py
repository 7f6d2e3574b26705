"""Records that hurt: legal or nearly legal JSON that real copies have choked on."""

import json
from collections.abc import Callable, Mapping

Record = Mapping[str, object]


def _with(**fields: object) -> Callable[[Record], bytes]:
    """The record with these fields replaced."""
    return lambda record: json.dumps({**record, **fields}, ensure_ascii=True).encode()


def _raw(name: str, value: str) -> Callable[[Record], bytes]:
    """The record with one more field whose value is this JSON text, as it stands."""

    def spoiled(record: Record) -> bytes:
        head = json.dumps({key: kept for key, kept in record.items() if key != name})
        return f'{head[:-1]}, "{name}": {value}}}'.encode()

    return spoiled


def _bytes(name: str, value: bytes) -> Callable[[Record], bytes]:
    """The same with bytes that need not be UTF-8."""
    return lambda record: _raw(name, '"VALUE"')(record).replace(b'"VALUE"', value)


def _parts(record: Record, listed: str) -> bytes:
    """The record with this list of parts, or of tags where it has no parts."""
    name = next((one for one in ("conversation_parts", "ticket_parts") if one in record), "tags")
    return _raw(name, f'{{"{name}": {listed}}}')(record)


RECIPES: dict[str, Callable[[Record], bytes]] = {
    "nan": _raw("custom_attributes", '{"score": NaN}'),
    "infinity": _raw("custom_attributes", '{"score": -Infinity}'),
    "huge_float": _raw("custom_attributes", '{"score": 1e400}'),
    "huge_int": _raw("custom_attributes", '{"score": ' + "9" * 5000 + "}"),
    "int_over_64_bits": _raw("custom_attributes", '{"score": 18446744073709551616}'),
    "deep": _raw("custom_attributes", "[" * 100_000 + "]" * 100_000),
    "lone_surrogate": _raw("name", '"half \\ud83d a smile"'),
    "nul": _raw("name", '"before\\u0000after"'),
    "huge_body": _with(title="x" * 300_000, name="y" * 300_000),
    "millisecond_times": lambda record: _with(
        created_at=1_700_000_000_000, updated_at=_milliseconds(record.get("updated_at"))
    )(record),
    "negative_times": _with(created_at=-86_400),
    "far_future": _with(created_at=253_402_300_800_000),
    "text_times": _with(created_at="2026-01-02T03:04:05Z"),
    "unknown_enum": _with(state="reincarnated", role="oracle", priority=-3),
    "numeric_id": lambda record: _raw("id", "".join(c for c in str(record["id"]) if c.isdigit()))(record),
    "missing_id": lambda record: json.dumps({k: v for k, v in record.items() if k != "id"}).encode(),
    "null_id": _with(id=None),
    "nulls_everywhere": lambda record: json.dumps(
        {key: value if key in ("id", "updated_at") else None for key, value in record.items()}
    ).encode(),
    "lists_for_objects": _with(
        tags=[], companies=[], source=[], statistics=[], contacts=[], custom_attributes=[]
    ),
    "repeated_key": _raw("updated_at_", '1, "state": "open", "state": "closed"'),
    "float_id": _raw("id", "12345678901234567.0"),
    "nul_in_id": _raw("id", '"before\\u0000after"'),
    "doubled_id": _raw("id_", '1, "id": [], "id": ["x"]'),
    "huge_times": _raw("created_at", "9" * 999),
    "true_for_numbers": _with(created_at=True, waiting_since=True, priority=True, session_count=False),
    "objects_for_lists": _with(
        tags={"tags": {}, "data": {}},
        conversation_parts={"conversation_parts": {}},
        ticket_parts={"ticket_parts": {}},
    ),
    "texts_for_lists": _with(tags="none", companies="none", conversation_parts="none", ticket_parts="none"),
    "odd_parts": lambda record: _parts(record, '[null, 5, "6", [], {"id": null}, {"id": "7"}, {"id": 7}]'),
    "text_for_total": lambda record: _parts(record, '[{"id": "8"}], "total_count": "5"'),
    "bad_utf8": _bytes("name", b'"caf\xe9 \xff\xed\xa0\x80"'),
    "bare_controls": _bytes("name", b'"a\x00b\x01\nc"'),
    "byte_order_mark": lambda record: b"\xef\xbb\xbf" + json.dumps(record).encode(),
    "spaced_out": lambda record: json.dumps(record, indent=3).replace("\n", "\r\n\t").encode(),
    "needless_escapes": lambda record: json.dumps(record).replace("i", "\\u0069").encode(),
    "special_text": _with(name="\\N\t\\.\x1b[31m<script>'; drop table x; --%s{0}[/]\u202e", title="=1+1"),
    "null_record": lambda _: b"null",
    "number_record": lambda _: b"42",
}


def _milliseconds(value: object) -> int:
    return value * 1000 if isinstance(value, int) else 0


def spoil(record: Record, recipe: str) -> bytes:
    """The record's JSON, spoiled by one of RECIPES."""
    if recipe not in RECIPES:
        raise ValueError(f"no recipe `{recipe}`; there are {', '.join(RECIPES)}")
    return RECIPES[recipe](record)
