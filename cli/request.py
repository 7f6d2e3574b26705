"""What was asked for, checked before anything heavy is loaded: a slip of the pen is answered at once."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cli import options
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.settings import Settings
    from intercom_etl.sync import SyncRequest


def read_request(
    streams: list[str] | None,
    *,
    since: str | None,
    full: bool,
    limit: int | None,
    now: datetime,
    allow_mass_delete: bool = False,
) -> "Callable[[Settings], SyncRequest]":
    """Checks what was asked for, before anything else is looked at; the settings complete it.

    Raises UsageError for what does not exist or does not fit.
    """
    if full and since is not None:
        raise UsageError("--full and --since contradict each other", "give one of them")
    chosen, moment = options.choose_streams(streams), options.parse_since(since, now)

    def complete(settings: "Settings") -> "SyncRequest":
        from intercom_etl.privacy_policy import privacy_policy
        from intercom_etl.sync import DELETE_SHARE, SyncRequest

        return SyncRequest(
            chosen,
            settings.lookback,
            since=moment,
            full=full,
            limit=limit,
            delete_share=1.0 if allow_mass_delete else DELETE_SHARE,
            policy=privacy_policy(settings),
        )

    return complete
