"""After a run that read definitions of custom attributes: the views made from them are brought up to date."""

import logging

from intercom_etl.load.attribute_refresh import refresh_views
from intercom_etl.load.attribute_views import SOURCES
from intercom_etl.runs import WorkspaceRun

log = logging.getLogger(__name__)


async def refresh_attribute_views(held: WorkspaceRun) -> None:
    """One transaction for each kind of record, under the run's lease.

    What cannot be done is a warning with its mend; the rows of the run are committed already.
    Raises LockHeldError when another run has taken over.
    """
    due = [source for source in SOURCES if source.stream in held.run.streams]
    if not due:
        return
    async with held.run.connect() as database:
        for source in due:
            async with database.transaction() as tx:
                await held.lease.hold(tx)
                troubles = await refresh_views(tx, source)
            for trouble in troubles:
                log.warning("%s", trouble)
