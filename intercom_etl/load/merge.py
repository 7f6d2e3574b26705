"""The only composed SQL: staging table, COPY and merge statements, made from the live columns.

A row is taken over when it is at least as new as the stored one: by `updated_at` where the table
has it, then by the time of fetching. Rows that would not change are left alone, so that running
twice writes nothing. `ON CONFLICT .. WHERE` was measured twice as fast as MERGE (docs/adr/0004).
"""

from collections.abc import Sequence

from psycopg import sql

from intercom_etl.postgres.catalog import Table

# the API's clock is known to the second: of two readings within one, the later writer is believed
KNOWN_TO = sql.SQL("interval '1 second'")
STANDARD = ("raw", "synced_at", "deleted_at", "deletion_reason")


def staging(table: Table) -> sql.Identifier:
    """Name of the temporary table that COPY fills."""
    return sql.Identifier(f"staging_{table.name}")


def create_staging(table: Table) -> sql.Composed:
    """Emptied at every commit, made once a session.

    With the indexes: nothing analyzes a temporary table, and without them the planner compares
    every child with every other.
    """
    return sql.SQL(
        "create temporary table if not exists {staging} (like {target} including indexes)"
        " on commit delete rows"
    ).format(staging=staging(table), target=_target(table))


def copy_in(table: Table, columns: tuple[str, ...]) -> sql.Composed:
    """Binary COPY: the fastest way in that was measured, and it keeps any text."""
    return sql.SQL("copy {staging} ({columns}) from stdin (format binary)").format(
        staging=staging(table), columns=_names(columns)
    )


def merge_records(
    table: Table, columns: tuple[str, ...], history: sql.Composed | None = None
) -> sql.Composed:
    """Upserts live records; gives one row with the numbers `inserted` and `updated`.

    `history` are further parts of the statement that read what was written from `merged`.
    """
    guard = sql.SQL("excluded.synced_at + {known_to} >= t.synced_at").format(known_to=KNOWN_TO)
    if "updated_at" in table.columns:
        # a record that came without a version counts as no older than the stored one
        guard = sql.SQL(
            "(coalesce(excluded.updated_at, t.updated_at, '-infinity'), excluded.synced_at + {known_to})"
            " >= (coalesce(t.updated_at, '-infinity'), t.synced_at)"
        ).format(known_to=KNOWN_TO)
    # what is marked as gone comes back only with news from after that
    guard = sql.SQL("{} and (t.deleted_at is null or excluded.synced_at > t.deleted_at)").format(guard)
    return _upsert(table, columns, sql.SQL("s.deletion_reason is null"), guard, history)


def distrust(table: Table) -> sql.Composed:
    """Makes stored %(ids)s no newer than the %(versions)s of %(times)s; those that are %(live)s are there."""
    version = sql.SQL("")
    if "updated_at" in table.columns:
        version = sql.SQL(", updated_at = least(t.updated_at, o.version)")
    return sql.SQL(
        "update {target} t set synced_at = least(t.synced_at, o.read_at){version},"
        " deleted_at = case when o.live then null else t.deleted_at end,"
        " deletion_reason = case when o.live then null else t.deletion_reason end"
        " from unnest(%(ids)s::text[], %(versions)s::timestamptz[],"
        " %(times)s::timestamptz[],"
        " %(live)s::bool[]) as o (id, version, read_at, live)"
        " where t.workspace_id = %(workspace_id)s and t.id = o.id"
    ).format(target=_target(table), version=version)


def accepted_parents(table: Table) -> sql.Composed:
    """The ids whose staged version is the stored one: only their children may be replaced."""
    same = sql.SQL("true")
    if "updated_at" in table.columns:
        same = sql.SQL("t.updated_at is not distinct from coalesce(s.updated_at, t.updated_at)")
    return sql.SQL(
        "select s.id from {staging} s join {target} t on t.workspace_id = s.workspace_id and t.id = s.id"
        " where s.deletion_reason is null and t.deleted_at is null"
        " and t.synced_at <= s.synced_at + {known_to} and {same}"
    ).format(known_to=KNOWN_TO, staging=staging(table), target=_target(table), same=same)


def merge_children(table: Table, columns: tuple[str, ...]) -> sql.Composed:
    """Upserts the staged children; gives one row with the numbers `inserted` and `updated`."""
    return _upsert(table, columns, sql.SQL("true"), sql.SQL("true"))


def merge_part(parent: Table, table: Table, columns: tuple[str, ...], parent_key: str) -> sql.Composed:
    """Upserts staged children that came without their record, as of the time when they were fetched.

    Not when their record is gone, not stored, or has been stored since with another list.
    """
    which = sql.SQL(
        "exists (select from {parent} p where p.workspace_id = s.workspace_id and p.id = s.{parent_key}"
        " and p.deleted_at is null and p.synced_at <= s.synced_at + {known_to})"
    ).format(parent=_target(parent), parent_key=sql.Identifier(parent_key), known_to=KNOWN_TO)
    guard = sql.SQL(
        "excluded.synced_at + {known_to} >= t.synced_at"
        " and (t.deleted_at is null or excluded.synced_at > t.deleted_at)"
    ).format(known_to=KNOWN_TO)
    return _upsert(table, columns, which, guard)


def bury_missing_children(table: Table, parent_key: str) -> sql.Composed:
    """Tombstones the children of %(parents)s that were not staged."""
    siblings = sql.SQL(" and ").join(
        sql.SQL("s.{c} = t.{c}").format(c=sql.Identifier(column)) for column in table.key
    )
    return sql.SQL(
        "update {target} t set deleted_at = %(now)s, deletion_reason = 'removed'"
        " where t.workspace_id = %(workspace_id)s and t.{parent_key} = any (%(parents)s)"
        " and t.deleted_at is null and not exists (select from {staging} s where {siblings})"
    ).format(
        target=_target(table),
        parent_key=sql.Identifier(parent_key),
        staging=staging(table),
        siblings=siblings,
    )


def bury_records(table: Table, columns: tuple[str, ...]) -> sql.Composed:
    """Tombstones records that the API no longer has; one never stored is kept as it was listed."""
    marks = [column for column in ("deleted_at", "deletion_reason", "merged_into") if column in columns]
    return sql.SQL(
        "insert into {target} as t ({columns}) select {columns} from {staging} s"
        " where s.deletion_reason is not null"
        " on conflict ({key}) do update set {assignments}"
        " where t.deleted_at is null and excluded.synced_at + {known_to} >= t.synced_at"
    ).format(
        known_to=KNOWN_TO,
        target=_target(table),
        columns=_names(columns),
        staging=staging(table),
        key=_names(table.key),
        assignments=_assign(marks),
    )


def _upsert(
    table: Table,
    columns: tuple[str, ...],
    which: sql.Composable,
    guard: sql.Composable,
    history: sql.Composed | None = None,
) -> sql.Composed:
    changing = tuple(column for column in columns if column not in table.key)
    compared = tuple(column for column in changing if column != "synced_at")
    return sql.SQL(
        "with merged as ("
        "insert into {target} as t ({columns}) select {columns} from {staging} s where {which}"
        " on conflict ({key}) do update set {assignments}"
        " where {guard} and ({stored}) is distinct from ({offered})"
        " returning {returned}(t.xmax = 0) as inserted"
        "){history} select count(*) filter (where inserted) as inserted,"
        " count(*) filter (where not inserted) as updated from merged"
    ).format(
        target=_target(table),
        columns=_names(columns),
        staging=staging(table),
        which=which,
        key=_names(table.key),
        assignments=_assign(changing),
        guard=guard,
        stored=_names(compared, "t"),
        offered=_names(compared, "excluded"),
        returned=sql.SQL("") if history is None else sql.SQL("{}, ").format(_names(columns, "t")),
        history=sql.SQL("") if history is None else history,
    )


def _assign(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{c} = excluded.{c}").format(c=sql.Identifier(column)) for column in columns
    )


def _target(table: Table) -> sql.Identifier:
    return sql.Identifier("intercom", table.name)


def _names(columns: tuple[str, ...], qualifier: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(qualifier, column) if qualifier else sql.Identifier(column) for column in columns
    )
