"""What was asked for, checked before anything heavy is loaded: a slip of the pen is answered at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cli import options
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.request import SyncRequest
    from intercom_etl.settings import Settings


def read_request(
    streams: list[str] | None,
    *,
    since: str | None,
    full: bool,
    limit: int | None,
    now: datetime,
    allow_mass_delete: bool = False,
    sweep: bool = False,
    max_requests: int | None = None,
    max_runtime: str | None = None,
) -> "Callable[[Settings], SyncRequest]":
    """Checks what was asked for, before anything else is looked at; the settings complete it.

    Raises UsageError for what does not exist or does not fit.
    """
    if full and since is not None:
        raise UsageError("--full and --since contradict each other", "give one of them")
    if sweep and since is not None:
        raise UsageError("--sweep lists everything, --since does not", "give one of them")
    runtime = options.parse_duration(max_runtime, "--max-runtime")
    named, moment = options.choose_streams(streams), options.parse_since(since, now)

    def complete(settings: "Settings") -> "SyncRequest":
        from intercom_etl.privacy_policy import privacy_policy
        from intercom_etl.request import DELETE_SHARE, SyncRequest
        from intercom_etl.streams import history_streams, usual_streams

        return SyncRequest(
            named or usual_streams(settings.stream_choice, settings.names),
            settings.lookback,
            since=moment,
            full=full,
            sweep=sweep,
            limit=limit,
            is_named=bool(named),
            delete_share=1.0 if allow_mass_delete else DELETE_SHARE,
            sweep_every=timedelta(days=settings.intercom_etl_sweep_days),
            reread_every=timedelta(days=settings.intercom_etl_reread_days),
            parents_at_most=settings.intercom_etl_parents_per_run,
            names=settings.names,
            history=history_streams(settings.history),
            policy=privacy_policy(settings),
            max_requests=max_requests,
            max_runtime=runtime,
            database_patience=timedelta(seconds=settings.intercom_etl_database_patience),
        )

    return complete
