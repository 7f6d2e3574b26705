"""What pages say on the website and not on GitHub, since one of the two cannot show it."""

import re

MERMAID = re.compile(r"^```mermaid\nerDiagram\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
RELATION = re.compile(r"(\w+) \S+ (\w+) : (\w+)")
CODE = re.compile(r"^\| (\d+) \|", re.MULTILINE)


def for_site(name: str, text: str) -> str:
    """The text of a page, by its name without a suffix, as the website has it."""
    if name == "docs/exit-codes":
        title, _, rest = text.partition("\n")
        return f"{title}\n\n{_entries(CODE.findall(text))}{rest}"
    return MERMAID.sub(lambda found: _relations(found[1]), text)


def _relations(diagram: str) -> str:
    """Nothing there draws Mermaid, and the program that does is not small: a table in its place."""
    held: dict[str, list[str]] = {}
    for target, holder, column in RELATION.findall(diagram):
        held.setdefault(holder, []).append(f"{_link(target)} (`{column}`)")
    rows = "".join(f"| {_link(holder)} | {', '.join(targets)} |\n" for holder, targets in held.items())
    return f"| table | holds ids of |\n| --- | --- |\n{rows}"


def _link(table: str) -> str:
    return f"[{table}](#intercom{table})"


def _entries(codes: list[str]) -> str:
    """Search leaves words of digits out, but finds entries of an index."""
    return "```{index} " + ", ".join(f"{code}, exit {code}" for code in codes) + "\n```\n"
