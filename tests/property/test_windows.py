"""The algebra of windows: whatever the schedule of runs, no change falls between two of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.window import Window

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
minutes = st.integers(0, 100_000).map(lambda n: EPOCH + timedelta(minutes=n))
maybe = st.none() | minutes
lookbacks = st.integers(0, 600).map(lambda n: timedelta(minutes=n))


@given(maybe, maybe, maybe, lookbacks, minutes, st.booleans())
def test_a_bookmark_never_moves_back_and_never_past_the_lookback(
    since: datetime | None,
    bookmark: datetime | None,
    resume_from: datetime | None,
    lookback: timedelta,
    now: datetime,
    full: bool,
) -> None:
    window = Window.choose(
        since=since, bookmark=bookmark, resume_from=resume_from, lookback=lookback, now=now, whole=full
    )
    assert window.end == now
    if window.bookmark is not None:
        assert window.bookmark == max(bookmark or now - lookback, now - lookback)


@given(maybe, minutes, lookbacks, minutes)
def test_a_since_that_leaves_a_gap_does_not_move_the_bookmark(
    bookmark: datetime | None, since: datetime, lookback: timedelta, now: datetime
) -> None:
    window = Window.choose(since=since, bookmark=bookmark, resume_from=None, lookback=lookback, now=now)
    assert window.start == since
    assert window.leaves_gap == (bookmark is None or since > bookmark)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.booleans()), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 15)), max_size=20),
)
def test_every_change_is_read_however_late_the_index_shows_it(
    runs: list[tuple[int, bool]], changes: list[tuple[int, int]]
) -> None:
    """`changes`: minute of the change, minutes until the index shows it. `runs`: gaps, finished or killed."""
    lookback = timedelta(minutes=15)
    now, bookmark, seen = EPOCH, None, set[tuple[int, int]]()
    for gap, finishes in runs:
        now += timedelta(minutes=gap)
        window = Window.choose(since=None, bookmark=bookmark, resume_from=None, lookback=lookback, now=now)
        if not finishes:
            continue
        for change in changes:
            changed_at = EPOCH + timedelta(minutes=change[0])
            shown = changed_at + timedelta(minutes=change[1]) <= now
            if shown and (window.start is None or changed_at >= window.start):
                seen.add(change)
        bookmark = window.bookmark
        assert bookmark is not None
        for change in changes:
            if EPOCH + timedelta(minutes=change[0]) < bookmark:
                assert change in seen
