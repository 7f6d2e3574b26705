"""What Hypothesis draws: changes, faults of the API, the conditions of a run. The first of each is calm."""

from chaos.failpoints import FAILPOINTS
from chaos.run import Conditions
from chaos.world import CHANGES
from hypothesis import strategies as st

from intercom_etl.simulator.faults import Fault

DAY = 86_400
PLACES = (
    "*", "/me", "*/search", "/contacts/search", "/conversations/search", "/tickets/search",
    "GET /conversations/*", "/companies/scroll", "/tags", "*/notes", "/conversations/deleted",
)  # fmt: skip
RESETS = ("+1", "-60", "+60", None, "soon", "", "1e999", "99999999999999999999", "0")
RETRIES = (None, "0", "1", "-5", "never", "Wed, 21 Oct 2015 07:28:00 GMT", "1e999")
SPOILED = (
    "500", "502", "503", "504", "408", "reset", "reset_mid_body", "short_body", "truncated", "empty", "html",
)  # fmt: skip

changes = st.lists(
    st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 10_000)), min_size=1, max_size=6
).map(tuple)

refusals = st.builds(
    Fault,
    kind=st.just("429"),
    path=st.sampled_from(PLACES),
    after=st.integers(0, 20),
    count=st.integers(1, 4),
    reset=st.sampled_from(RESETS),
    retry_after=st.sampled_from(RETRIES),
)
breaks = st.builds(
    Fault,
    kind=st.sampled_from(SPOILED),
    path=st.sampled_from(PLACES),
    after=st.integers(0, 20),
    count=st.integers(1, 5),
)
# a service that is away for good: the run has to give up, and the next one to mend it
outages = st.builds(
    Fault,
    kind=st.sampled_from(("500", "503", "reset", "html")),
    path=st.sampled_from(PLACES),
    after=st.integers(0, 10),
    count=st.none(),
)
slow = st.builds(
    Fault,
    kind=st.just("slow"),
    path=st.sampled_from(PLACES),
    probability=st.just(0.3),
    count=st.just(8),
    seconds=st.sampled_from((0.02, 0.2)),
)
hanging = st.builds(
    Fault, kind=st.just("hang"), path=st.sampled_from(PLACES), after=st.integers(0, 20), count=st.just(1)
)
one_fault = st.one_of(refusals, breaks, breaks, slow, outages, hanging)

arguments = st.sampled_from(
    ((), (), (), (), ("--sweep",), ("--full",), ("--since", "2h"), ("--limit", "5"), ("--since", "30d"))
)
always = {
    "minutes": st.sampled_from((0, 0, 1, 10, 16, 60, 60 * 26, 60 * 24 * 8)),
    "before": st.one_of(changes, changes, st.just(())),
    "skew": st.sampled_from((0, 0, DAY, -DAY)),
    "arguments": arguments,
}
calm = st.builds(Conditions, **always)
moving = st.builds(Conditions, moves=changes, **always)
spoiled = st.builds(
    Conditions,
    faults=st.lists(one_fault, min_size=1, max_size=3).map(tuple),
    moves=st.one_of(st.just(()), changes),
    **always,
)
any_conditions = st.one_of(calm, moving, spoiled)

# a run that finds little new makes a dozen requests
requests = st.one_of(st.integers(1, 16), st.integers(1, 16), st.integers(10, 60))
pauses = st.sampled_from((0.0, 0.002, 0.01, 0.03, 0.1))
# places that every run comes to once, and those that it comes to for each page or record
ONCE = ("run row opened", "lease claimed", "before the run's row is closed", "run's row closed")
OFTEN = tuple(failpoint.name for failpoint in FAILPOINTS if failpoint.name not in ONCE)
kills = st.one_of(
    st.tuples(st.sampled_from(OFTEN), st.one_of(st.integers(1, 4), st.integers(1, 25))),
    st.tuples(st.sampled_from(OFTEN), st.integers(1, 4)),
    st.tuples(st.sampled_from(ONCE), st.just(1)),
)
