"""Pseudonyms: the same text gives the same one in every table, and nobody can go back without the key."""

import hmac
import re

from intercom_etl.privacy.addresses import is_address

LENGTH = 32  # hex digits: 128 bits, no two texts meet by chance

_PSEUDONYM = re.compile(rf"h_[0-9a-f]{{{LENGTH}}}")


def pseudonym(key: bytes, text: str) -> str:
    """`h_` and the first 32 hex digits of HMAC-SHA256; PostgreSQL's `hmac` of pgcrypto gives the same."""
    return "h_" + hmac.digest(key, text.encode(errors="surrogatepass"), "sha256").hex()[:LENGTH]


def is_pseudonym(text: str) -> bool:
    """Whether the text has the form of one. It is then left alone: what was stored may come by again."""
    return _PSEUDONYM.fullmatch(text) is not None


def normal_address(text: str) -> str:
    """One spelling for all of an address: mail servers do not mind capitals."""
    return text.strip().lower()


def normal_text(text: str) -> str:
    """The text as it is; an address as an address, in whichever column it stands."""
    address = normal_address(text)
    return address if is_address(address) else text
