"""Finds the lists inside a record that have tables of their own, wherever the API puts them."""

import json
from dataclasses import dataclass, field
from typing import Any

from intercom_etl.json_text import elements, member_at, members, with_members
from intercom_etl.stream import Children


@dataclass(frozen=True, slots=True)
class FoundList:
    """The elements of a list as they stand there, and the members of the object that holds it.

    `first` is the place of the first of them in the whole list.
    """

    texts: list[bytes]
    container: dict[str, bytes] = field(default_factory=dict)
    label: str | bool | None = None
    first: int = 1

    def is_cut_off(self) -> bool:
        """Whether there is more. `has_more` counts where there is one; `total_count` may be wrong."""
        more = self.container.get("has_more")
        if more is not None and more.strip() in (b"true", b"false"):
            return more.strip() == b"true"
        total = self.container.get("total_count", b"").strip()
        return total.isdigit() and len(total) < 19 and int(total) > len(self.texts)


def find_lists(top: dict[str, bytes], content: Any, declared: Children) -> tuple[list[FoundList], list[str]]:
    """The first list that is there or, of labelled ones, all that are; and where something else stands.

    `top` are the members of the record as text, `content` is the record decoded or None; where
    that shows that there is no such list, no text need be cut up to find out.
    """
    labels = declared.labels or (None,) * len(declared.paths)
    found: list[FoundList] = []
    unread: list[str] = []
    for path, label in zip(declared.paths, labels, strict=True):
        if content is not None and not _may_stand(content, path):
            continue
        try:
            one = _list_at(top, path, declared.keyed_by, label)
        except ValueError:
            unread.append(".".join(path))
            continue
        if one is not None:
            found.append(one)
            if declared.labelled is None:
                return found, []
    return found, unread


def _may_stand(content: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if content is None:  # null stands for an object with an empty list
            return True
        if not isinstance(content, dict):
            return True
        if key not in content:
            return False
        content = content[key]
    return True


def _list_at(
    top: dict[str, bytes], path: tuple[str, ...], keyed_by: str | None, label: str | bool | None
) -> FoundList | None:
    """Raises ValueError where something else stands, an array for an object, say: nothing is known."""
    *parents, key = path
    container = top
    if parents:
        held = member_at(top[parents[0]], tuple(parents[1:])) if parents[0] in top else None
        if held is None:
            return None
        if held.strip() == b"null":
            return FoundList([], label=label)
        container = members(held)
    if key not in container:
        return None
    texts = _keyed(container[key], keyed_by) if keyed_by else elements(container[key])
    return FoundList(texts, container, label)


def _keyed(text: bytes, field: str) -> list[bytes]:
    """The objects inside an object, each with the name that it stands under in `field`."""
    if text.strip() == b"null":
        return []
    found = members(text).items()
    return [
        with_members(held, {field: json.dumps(name).encode()})
        for name, held in found
        if held.lstrip().startswith(b"{")
    ]
