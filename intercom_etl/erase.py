"""Removes a person from everything that this program keeps, and counts what was removed."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from intercom_etl.errors import UsageError
from intercom_etl.landing.erasure import erase_landing
from intercom_etl.load.erasure import Erased, erase_person, find_own, find_person
from intercom_etl.postgres.connection import Database, mapped_errors, open_database
from intercom_etl.record import Record
from intercom_etl.report import RunReport
from intercom_etl.request import DELETE_SHARE
from intercom_etl.runs import hold_workspace, open_run
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import RefusedError, read_row


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was removed: counts by table, and by landing folder (dropped, rewritten)."""

    run_id: int
    workspace: str
    ids: tuple[str, ...]
    tables: Erased
    folders: dict[str, tuple[int, int]]

    def as_json(self) -> dict[str, Any]:
        """For `--json`; of the person only the ids that were asked for or merged into them."""
        return {
            "command": "erase",
            "run": self.run_id,
            "workspace": self.workspace,
            "ids": list(self.ids),
            "deleted": {name: count for name, count in sorted(self.tables.deleted.items()) if count},
            "rewritten": {name: count for name, count in sorted(self.tables.rewritten.items()) if count},
            "folders": {
                name: {"dropped": dropped, "rewritten": rewritten}
                for name, (dropped, rewritten) in self.folders.items()
            },
        }


async def erase(
    contact_id: str,
    *,
    database_url: str,
    workspace: str | None,
    folders: Sequence[Path],
    clock: Callable[[], datetime],
) -> Erasure:
    """Deletes the contact and those merged into it, their own conversations and tickets, and every trace.

    One transaction, under the workspace's lease. Raises UsageError when the contact is not stored,
    or when it must be said which workspace is meant.
    """
    async with open_run(database_url, command="erase", asked={}, clock=clock) as run:
        async with open_database(database_url) as database:
            chosen = await _choose_workspace(database, workspace)
        async with hold_workspace(run, chosen, delete_share=DELETE_SHARE) as held, run.connect() as database:
            with mapped_errors():
                person = await find_person(database.connection, chosen, contact_id)
                own = await find_own(database.connection, chosen, person)
            found = {str(folder): erase_landing(folder, person, own) for folder in folders}
            async with database.transaction() as tx:
                await held.lease.hold(tx)
                erased = await erase_person(tx, chosen, person, own, _retype)
        run.outcome = RunReport("erase", run.id, chosen, (), 0, 0, (clock() - run.started_at).total_seconds())
    return Erasure(run.id, chosen, tuple(sorted(person.ids)), erased, found)


async def _choose_workspace(database: Database, wanted: str | None) -> str:
    known = sorted({row["workspace_id"] for row in await database.rows("list_all_bookmarks")})
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted is not None and wanted in known:
        return wanted
    if wanted is None and known:
        raise UsageError("several workspaces are stored here", f"say --workspace {' or '.join(known)}")
    missing = f"workspace `{wanted}` is not" if wanted else "no workspace is"
    raise UsageError(f"{missing} stored here", "see `intercom-etl status`")


def _retype(table: str, raw: Any) -> Mapping[str, Any]:
    """The typed columns of a row of this table; none when no stream fills it."""
    model = _models().get(table.removesuffix("_history"))
    if model is None:
        return {}
    try:
        return read_row(model, json.dumps(raw).encode(), table, Counter()).values
    except RefusedError:  # what is left has no id of its own: its columns stay as they are
        return {}


def _models() -> dict[str, type[Record]]:
    models: dict[str, type[Record]] = {}
    for stream in all_streams().values():
        models[stream.name] = stream.model
        models |= {child.table: child.model for child in stream.children}
    return models
