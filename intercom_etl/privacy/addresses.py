r"""Finds e-mail addresses in the text of a record, however they are spelled, and replaces them.

    text -> signs (`@`, `\u0040`, `%40`, ...) -> the word around each -> its readings -> addresses

A word is what stands between quotes and white space: it never reaches beyond a JSON string, and what
is replaced in it never cuts an escape in two. So text that was JSON stays JSON, text that was not is
treated as well, and all else stays byte for byte. Every step takes time in proportion to the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from intercom_etl.privacy.spelling import ADDRESS, FURTHER, JSON_ESCAPE, QUOTED_BEFORE, SIGNS

Instead = Callable[[str], str]

DEPTH = 4  # encodings inside each other: a link in a link, in HTML, in JSON
ROUNDS = 8  # a word in which replacing uncovers ever more is replaced as a whole
SHOWN = "[email]"

_PLAIN = re.compile(r"[^\\%&<\x80-\U0010ffff]*")  # such a word has only one reading
_WORD_END = re.compile(rb'[\s"]')
_BEFORE_WORD = (b'"', b" ", b"\n", b"\t", b"\r", b"\f", b"\v")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def without_addresses(text: str) -> str:
    """Words for people and logs, with no address in them."""
    return replace_in_words(text, lambda _: SHOWN)


def replace_in_words(text: str, instead: Instead) -> str:
    """The same as `replace_addresses` for text that is decoded already."""
    return replace_addresses(text.encode(errors="surrogatepass"), instead).decode(errors="surrogatepass")


def is_address(text: str) -> bool:
    """Whether the text is one address and nothing else."""
    found = ADDRESS.fullmatch(text)
    return found is not None and len(_spelled(found)) == len(text)


def replace_addresses(text: bytes, instead: Instead) -> bytes:
    """The text with `instead(address)` in place of every address.

    `instead` is given the address as it reads once decoded, and must give ASCII that needs no
    escape in JSON and holds no sign. Doing it twice changes nothing more.
    """
    signs = _signs(text)
    if not signs:
        return text
    pieces: list[bytes] = []
    copied = dealt = 0
    for sign in signs:
        if sign < dealt:
            continue
        start = max(dealt, *(text.rfind(mark, dealt, sign) + 1 for mark in _BEFORE_WORD))
        after = _WORD_END.search(text, sign)
        end = after.start() if after else len(text)
        if start == sign and (quoted := QUOTED_BEFORE.search(text, max(dealt, sign - 300), sign)):
            start = quoted.start()
        word = text[start:end]
        if (len(word) - len(word.rstrip(b"\\"))) % 2:  # it belongs to the quote behind it
            word, end = word[:-1], end - 1
        dealt = end
        decoded = word.decode(errors="surrogateescape")
        changed = _without(decoded, instead)
        if changed is not decoded:
            pieces += (text[copied:start], changed.encode(errors="surrogateescape"))
            copied = end
    return b"".join((*pieces, text[copied:])) if pieces else text


def _signs(text: bytes) -> list[int]:
    """Where a sign may stand, in order. Each pattern begins with one fixed byte, which makes it fast."""
    found = [match.start() for pattern in SIGNS for match in pattern.finditer(text)]
    found.sort()
    return found


def _without(word: str, instead: Instead) -> str:
    for _ in range(ROUNDS):
        # the deepest reading knows best where an address begins: `%3Cada%40example.com%3E`
        for reading in reversed(_readings(word)):
            pieces: list[str] = []
            copied = 0
            for match in ADDRESS.finditer(reading.text):
                address = _spelled(match)
                start = reading.starts[match.end() - len(address)]
                if start < copied:  # one escape may read as several characters
                    continue
                pieces += (word[copied:start], instead(address))
                copied = reading.ends[match.end() - 1]
            if pieces:
                word = "".join((*pieces, word[copied:]))
                break
        else:
            return word
    return instead(word)


def _spelled(match: re.Match[str]) -> str:
    """The address of a match, without punctuation in front of it."""
    address = match[0]
    return address.lstrip(".'-") if match["plain"] else address


@dataclass(frozen=True, slots=True)
class _Reading:
    """A word as it reads at some depth, with the span of the word that each character came from."""

    text: str
    starts: range | list[int]
    ends: range | list[int]


def _readings(word: str) -> list[_Reading]:
    """The word as a JSON string has it, then with one more encoding taken off each time."""
    reading = _Reading(word, range(len(word)), range(1, len(word) + 1))
    if _PLAIN.fullmatch(word):
        return [reading]
    reading = _decoded(reading, JSON_ESCAPE) or reading
    found = [reading]
    for escapes in FURTHER if "\\" in reading.text else FURTHER[:1]:
        deeper = reading
        for _ in range(DEPTH):
            deeper = _decoded(deeper, escapes)
            if deeper is None:
                break
            found.append(deeper)
    return found


def _decoded(reading: _Reading, escapes: re.Pattern[str]) -> _Reading | None:
    """The reading with these escapes resolved, None when it has none."""
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    copied = 0

    def copy(until: int) -> None:
        texts.append(reading.text[copied:until])
        starts.extend(reading.starts[copied:until])
        ends.extend(reading.ends[copied:until])

    for match in escapes.finditer(reading.text):
        copy(match.start())
        copied = match.end()
        meaning = _meaning(match)
        texts.append(meaning)
        starts += [reading.starts[match.start()]] * len(meaning)
        ends += [reading.ends[copied - 1]] * len(meaning)
    if not copied:
        return None
    copy(len(reading.text))
    return _Reading("".join(texts), starts, ends)


def _meaning(match: re.Match[str]) -> str:
    kind, escape = match.lastgroup, match[0]
    match kind:
        case "pair":
            return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be")
        case "code":
            return chr(int(escape.removeprefix("\\u"), 16))
        case "letter":
            return _LETTERS.get(escape[1], escape[1])
        case "percent":
            return bytes.fromhex(escape.replace("%", "")).decode(errors="replace")
        case "entity":
            return unescape(escape)
        case "wide":
            return "." if escape == "\uff0e" else "@"
        case _:  # what is not seen
            return ""
