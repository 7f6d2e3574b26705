"""What a JSON text says once it is repaired as documented, by another way than ours: slow, and simple."""

import json
import re
from decimal import Decimal
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
LONGEST_NUMBER = 4_300  # digits that the interpreter reads


def said(text: bytes | str) -> Any:
    """Raises ValueError when it is no JSON even so, RecursionError when nobody can say."""
    decoded = text if isinstance(text, str) else text.decode(errors="replace")
    return _mended_value(_JSON.decode(decoded.strip(" \t\r\n")))


def _whole(digits: str) -> Any:
    return digits if len(digits.removeprefix("-")) > LONGEST_NUMBER else int(digits)


def _fraction(digits: str) -> Any:
    exponent = re.split("[eE]", digits)[1:]
    is_huge = bool(exponent) and len(exponent[0].lstrip("+-")) > 3
    return digits if is_huge or len(digits.split(".", maxsplit=1)[0]) > LONGEST_NUMBER else Decimal(digits)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {mended(key): _mended_value(value) for key, value in pairs}


def mended(text: str) -> str:
    return _HALF.sub("\ufffd", text).replace("\x00", "\ufffd")


def _mended_value(value: Any) -> Any:
    match value:
        case str():
            return mended(value)
        case list():
            return [_mended_value(one) for one in value]
        case _:
            return value


_JSON = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_whole,
    parse_float=_fraction,
    parse_constant=lambda _: None,
    strict=False,
)
