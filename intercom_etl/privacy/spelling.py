r"""How e-mail addresses look, and in how many ways JSON, HTML and links write them.

Wider than the standard: what stands on both sides of an `@` is an address, whether or not its host
could exist. Better one word too many than one address left (docs/privacy.md says what that costs).
"""

import re

# One pattern for each first byte, so that searching runs at the speed of memchr. Letters, digits and
# signs that no encoder needs to escape are looked at as well: their escapes may spell anything.
SIGNS = (
    re.compile(rb"@"),
    re.compile(rb"\\u(?:00(?:2[35]|3[0-9]|[4567])|[fF][fF]20|[fF][eE]6[bB])"),
    re.compile(rb"%(?:25)*40"),
    re.compile(rb"#(?:0*64|[xX]0*40)"),
    re.compile(rb"commat"),
    re.compile(rb"\xef(?:\xbc\xa0|\xb9\xab)"),
)
# `"two words"@example.com`, whose quotes a JSON string escapes
QUOTED_BEFORE = re.compile(rb'\\"(?:[^"\\]|\\[^"])*\\"\Z')

# Scripts that put no space between words: an address ends where they begin, and the other way round.
_JOINED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3040-\u31ff\u3400-\u9fff"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Letters and their marks of all other scripts; punctuation, symbols and emoji are not among them.
_SPACED = (
    "\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0dff\u0f00-\u0fff\u10a0-\u177f\u1800-\u1fff"
    "\u2c00-\u2dff\ua000-\uabff\ufb00-\ufdff\ufe70-\ufefe\U00010000-\U0001efff"
)
_LETTER = f"A-Za-z0-9_{_SPACED}"
_NAME = rf"{_LETTER}.%+'\-"
_ANY_NAME = rf"{_NAME}!#$&*/=?^`{{|}}~"  # allowed by RFC 5322, but mostly what stands before an address
_BOTH = f"{_LETTER}{_JOINED}"
_LABEL = rf"(?:[{_LETTER}](?:[{_LETTER}\-]*[{_LETTER}])?|[{_JOINED}](?:[{_BOTH}\-]*[{_BOTH}])?)"
_HOST = rf"[.\-]*(?:\[[0-9A-Za-z.:\-]+\]|{_LABEL}(?:\.+{_LABEL})*)"
_PICTURE = rf"[0-9]x\.(?:png|jpe?g|gif|svg|webp)(?![{_LETTER}])"  # `icon@2x.png`
_AT_HOST = rf"(?:[.'\-]*@+(?!{_PICTURE}){_HOST})+"

ADDRESS = re.compile(
    rf"(?P<plain>(?<![{_NAME}])[.'\-]*+[{_NAME}]++{_AT_HOST})"
    rf"|(?<![{_NAME}])[.'\-]++{_AT_HOST}"
    # `a=@example.com`, `a/@example.com`; not `https://host/@name`
    rf"|(?<![{_ANY_NAME}])[{_ANY_NAME}]++(?<![{_NAME}/]){_AT_HOST}"
    rf"|(?<![{_ANY_NAME}])(?!//)[{_ANY_NAME}]++(?<=/){_AT_HOST}"
    rf"|(?<![{_JOINED}])[{_JOINED}]++{_AT_HOST}"
    rf'|"[^"\\\x00-\x1f]{{1,64}}"{_AT_HOST}'
)

_JSON = (
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r'|(?P<code>\\u[0-9a-fA-F]{4})|(?P<letter>\\["\\/bfnrt])'
)
JSON_ESCAPE = re.compile(_JSON)
_BYTE = "%[89abAB][0-9a-fA-F]"
_MARKUP = (
    rf"(?P<percent>%[0-7][0-9a-fA-F]|%[cdCD][0-9a-fA-F]{_BYTE}|%[eE][0-9a-fA-F](?:{_BYTE}){{2}}"
    rf"|%[fF][0-7](?:{_BYTE}){{3}})"
    r"|(?P<entity>&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};))"
    r"|(?P<unseen><wbr ?/?>|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff])"
    r"|(?P<wide>[\uff20\ufe6b\uff0e])"
)
# `C:\\b%40host` reads in two ways: as JSON inside JSON, and as it stands
FURTHER = (re.compile(_MARKUP), re.compile(f"{_JSON}|{_MARKUP}"))
