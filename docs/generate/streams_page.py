"""Every stream, from the registry."""

from typing import assert_never

from docs.generate.markdown import made_from, table
from intercom_etl.costs import describe_cost
from intercom_etl.endpoint import (
    Cursor,
    Linked,
    ListEndpoint,
    Listing,
    Log,
    Paged,
    PerName,
    PerParent,
    Scroll,
    Search,
    Together,
)
from intercom_etl.export import Datasets, Export, Files
from intercom_etl.stream import Children, Stream
from intercom_etl.streams import all_streams


def streams_page() -> str:
    """Every stream of the registry."""
    streams = all_streams().values()
    rows = [
        (
            f"[{stream.name}](#{stream.name})" + (" \\*" if stream.optional else ""),
            stream.title,
            f"`{_request(stream)}`",
            "changes" if stream.replication_key or stream.follows_parents else "whole",
            describe_cost(stream),
            _deletions(stream),
            stream.permission,
        )
        for stream in streams
    ]
    text = "# Streams\n\n" + made_from("`intercom_etl/streams/`")
    text += (
        "\nOne stream is one collection of Intercom. `changes`: a run reads what changed since the bookmark. "
        "`whole`: a run reads all of it, and writes only what differs. The permission is the tick box in the "
        "Developer Hub that the token needs. A stream with a star is copied only when it is asked for: by "
        "name, or with `+name` in `INTERCOM_ETL_STREAMS`. What is gone from Intercom stays as a row with "
        "`deleted_at` and `deletion_reason`.\n\n"
    )
    text += table(
        ("stream", "what", "read with", "each run reads", "requests", "what is gone", "permission"), rows
    )
    for stream in streams:
        text += f"\n## {stream.name}\n\n{stream.title}. {_how(stream)}\n\n"
        text += table(
            ("table", "holds", "key", "taken from"),
            [
                (f"`intercom.{stream.name}`", "the records", "`workspace_id`, `id`", "the record"),
                *(_child(child) for child in stream.children),
            ],
        )
    return text


def _request(stream: Stream) -> str:
    match stream.endpoint:
        case Search(path=path) | Log(path=path) | Export(path=path) | PerParent(each=Together(path=path)):
            return f"POST {path}"
        case endpoint:
            return f"GET {endpoint.path}"


def _deletions(stream: Stream) -> str:
    """How it is noticed that a record is gone."""
    if stream.confirm is not None:
        often = "each run" if stream.is_whole else "sweep"
        return f"{often}, asked for one by one"
    if isinstance(stream.endpoint, PerParent):
        return "each list that is read" if stream.endpoint.whole else "never: the list forgets"
    return "each run" if stream.is_whole else "never: nothing is taken from it"


def _how(stream: Stream) -> str:
    match stream.endpoint:
        case Search(page_size=size, granularity=granularity):
            text = f"Searched by `{stream.replication_key}`, oldest change first, {size} a page."
            if granularity == "day":
                text += " The search knows whole days only: more is asked for, and the surplus dropped."
        case Log(page_size=size):
            text = f"Searched by `created_at`, in steps of a month and more, {size} a page."
        case PerParent() as endpoint:
            text = _how_by_parent(stream, endpoint)
        case PerName(setting=setting):
            text = f"One list for each name in `{setting}`."
        case Export():
            text = _how_exported(stream.endpoint)
        case endpoint:
            text = _how_listed(endpoint)
    if stream.detail:
        text += " Each record that the database does not hold yet in this version is fetched with "
        text += f"`GET {stream.detail}`."
    return text


def _how_by_parent(stream: Stream, endpoint: PerParent) -> str:
    text = f"One list for each record of [{endpoint.parent}](#{endpoint.parent})"
    if stream.follows_parents:
        text += " that was written since the last time"
    if endpoint.span is not None:
        text += ", from the last time on"
    if isinstance(endpoint.each, Together):
        text += f", {endpoint.each.at_once} lists with one request"
    return text + "."


def _how_listed(endpoint: ListEndpoint) -> str:
    match endpoint:
        case Cursor(page_size=size):
            return f"Listed by cursor, {size} a page."
        case Paged(page_size=size):
            return f"Listed by page number, {size} a page."
        case Linked():
            return "Listed page by page, each of which says what the next one is asked with."
        case Scroll():
            return "Scrolled through, 100 a page; a workspace has one scroll at a time."
        case Listing(each=each):
            return "Listed in one answer." if len(each) == 1 else f"Listed in {len(each)} answers."
        case _:
            assert_never(endpoint)


def _how_exported(export: Export) -> str:
    match export.rows:
        case Files(keyed=keyed, key=key):
            text = (
                f"CSV files of a job, one a statistic. Rows of `{keyed[0]}` are known by their `{key}`, all "
            )
            text += "others by what they say: those that say the same are one."
        case Datasets(setting=setting, path=path):
            text = (
                f"CSV files of jobs, for each dataset that `{setting}` names (`GET {path}` lists them), with "
            )
            text += "all attributes. Rows are known by the dataset's own id, else by what they say: one that "
            text += "changes is then a new one."
    return (
        f"{text} A first run goes back {export.first.days} days, unless `--since` or `--full` says more; "
        f"later ones begin {export.settle.days} days before the bookmark, since what became of a row shows "
        f"late. A job is for {export.step.days} days at most."
    )


def _child(child: Children) -> tuple[str, ...]:
    holds = "one row an element"
    if child.cap:
        holds += f"; the API gives the {child.cap} newest, older ones stay"
    path = (" and " if child.labelled else " or ").join(f"`{'.'.join(path)}`" for path in child.paths)
    keys = ", ".join(f"`{key}`" for key in ("workspace_id", child.parent_key, *child.keys))
    return f"`intercom.{child.table}`", holds, keys, path
