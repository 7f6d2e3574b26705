"""Decides on the views `analytics.contact_attributes` and the like, by definitions of custom attributes.

One view over all workspaces, and one for each workspace where several share the database. The statements
are composed in the database (`etl.make_attribute_view`), with rights that whoever loads need not have.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from intercom_etl.load.attribute_columns import (
    HASH_DIGITS,
    Column,
    Definition,
    choose_columns,
    cut,
    plain_name,
)

Known = Mapping[str, str]  # columns by attribute, in the order of the view

WORKSPACE_BYTES = 32  # of a view's 63


@dataclass(frozen=True, slots=True)
class Source:
    """Records with custom attributes: where the values are, and which stream defines them.

    `query` lists the definitions that are in `defined_in`; `model` chooses among them.
    """

    view: str
    table: str
    member: str
    stream: str
    defined_in: str
    query: str
    model: str | None = None


SOURCES = (
    Source(
        "contact_attributes", "contacts", "custom_attributes",
        "data_attributes", "data_attributes", "list_data_attribute_definitions", "contact",
    ),
    Source(
        "company_attributes", "companies", "custom_attributes",
        "data_attributes", "data_attributes", "list_data_attribute_definitions", "company",
    ),
    Source(
        "conversation_attributes", "conversations", "custom_attributes",
        "conversation_attributes", "conversation_attributes", "list_conversation_attribute_definitions",
    ),
    Source(
        "ticket_attributes", "tickets", "ticket_attributes",
        "ticket_types", "ticket_type_attributes", "list_ticket_attribute_definitions",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """A view as it shall be. `workspace_id` None: of all workspaces."""

    name: str
    source: Source
    workspace_id: str | None
    columns: Sequence[Column]

    @property
    def columns_made(self) -> list[dict[str, str]]:
        """The columns in order, each with what the database needs to make it."""
        return [
            {
                "name": column.name,
                "attribute": column.attribute,
                "kind": column.kind,
                "remark": f"{column.attribute} ({', '.join(column.data_types)})"
                + ("; archived" if column.retired else ""),
            }
            for column in self.columns
        ]

    @property
    def remark(self) -> str:
        """The comment of the view."""
        whose = "all workspaces" if self.workspace_id is None else f"workspace {self.workspace_id}"
        text = f"Custom attributes of intercom.{self.source.table}, {whose}. Made from intercom."
        return text + f"{self.source.defined_in}; a value that does not fit its column is NULL."

    def made_from(self, makers: str) -> str:
        """A checksum of all that makes it; `makers` is the text of the functions that do."""
        told = [self.name, self.source.member, self.workspace_id, self.remark, self.columns_made, makers]
        return sha256(json.dumps(told).encode()).hexdigest()


def plan_views(source: Source, definitions: Sequence[Definition], known: Mapping[str, Known]) -> list[View]:
    """The views that a source shall have: one, and one for each workspace where there are several.

    `known` are the columns that views have already, by name of the view.
    """
    workspaces = sorted({definition.workspace_id for definition in definitions})
    views = [View(source.view, source, None, choose_columns(definitions, known.get(source.view, {})))]
    for workspace_id in workspaces if len(workspaces) > 1 else ():
        name = workspace_view(source.view, workspace_id)
        mine = [definition for definition in definitions if definition.workspace_id == workspace_id]
        views.append(View(name, source, workspace_id, choose_columns(mine, known.get(name, {}))))
    return views


def workspace_view(view: str, workspace_id: str) -> str:
    """Name of the view of one workspace; ids that are no short plain names are told apart by a hash."""
    plain = cut(plain_name(workspace_id), WORKSPACE_BYTES)
    if plain != workspace_id:
        digest = sha256(workspace_id.encode()).hexdigest()[:HASH_DIGITS]
        plain = f"{cut(plain, WORKSPACE_BYTES - HASH_DIGITS - 1)}_{digest}"
    return f"{view}_{plain}"
