"""Composes the views `analytics.contact_attributes` and the like from the definitions of custom attributes.

One view over all workspaces, and one for each workspace where several share the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from psycopg import sql

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

# Where a row `t` has the values; {member} is the name as text, {column} as that of a column.
HELD = sql.SQL("t.raw -> {member}")

CASTS = {
    "text": sql.SQL("etl.to_text(a.held -> {name})"),
    "bigint": sql.SQL("etl.to_bigint(a.held -> {name})"),
    "numeric": sql.SQL("etl.to_numeric(a.held -> {name})"),
    "boolean": sql.SQL("etl.to_boolean(a.held -> {name})"),
    "timestamptz": sql.SQL(
        "case jsonb_typeof(a.held -> {name})"
        " when 'number' then etl.time_of_number((a.held -> {name})::numeric)"
        " when 'string' then etl.time_of_text(a.held ->> {name}) end"
    ),
    "jsonb": sql.SQL("nullif(a.held -> {name}, 'null')"),
    "mixed": sql.SQL("a.held ->> {name}"),
}


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
    def known(self) -> list[list[str]]:
        """Pairs of column and attribute, to be kept for the next time."""
        return [[column.name, column.attribute] for column in self.columns]

    @property
    def identifier(self) -> sql.Identifier:
        """Its name with its schema."""
        return sql.Identifier("analytics", self.name)

    def statements(self) -> sql.Composed:
        """All that makes it, comments included."""
        return sql.SQL(";\n").join([self._create(), *self._comments()])

    def _create(self) -> sql.Composed:
        names = [sql.Identifier(name) for name in ("workspace_id", "id", *(c.name for c in self.columns))]
        values = [CASTS[c.kind].format(name=sql.Literal(c.attribute)) for c in self.columns]
        # the values are taken out of the record once a row and not once a column: hence `offset 0`
        return sql.SQL(
            "create or replace view {view} ({names}) as select {values} from {table} t"
            " cross join lateral (select {held} as held offset 0) a{where}"
        ).format(
            view=self.identifier,
            names=sql.SQL(", ").join(names),
            values=sql.SQL(", ").join([sql.SQL("t.workspace_id"), sql.SQL("t.id"), *values]),
            table=sql.Identifier("intercom", self.source.table),
            held=HELD.format(
                member=sql.Literal(self.source.member), column=sql.Identifier(self.source.member)
            ),
            where=sql.SQL("")
            if self.workspace_id is None
            else sql.SQL(" where t.workspace_id = {}").format(sql.Literal(self.workspace_id)),
        )

    def _comments(self) -> Iterator[sql.Composed]:
        whose = "all workspaces" if self.workspace_id is None else f"workspace {self.workspace_id}"
        text = f"Custom attributes of intercom.{self.source.table}, {whose}. Made from intercom."
        text += f"{self.source.defined_in}; a value that does not fit its column is NULL."
        yield sql.SQL("comment on view {} is {}").format(self.identifier, sql.Literal(text))
        for column in self.columns:
            text = f"{column.attribute} ({', '.join(column.data_types)})"
            text += "; archived" if column.retired else ""
            yield sql.SQL("comment on column {}.{} is {}").format(
                self.identifier, sql.Identifier(column.name), sql.Literal(text)
            )


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
