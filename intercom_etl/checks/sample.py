"""Checks single records, fetched by their ids, field by field and with all that hangs on them."""

from contextlib import aclosing

from psycopg import sql

from intercom_etl.checks.listing import Subject, compare_records
from intercom_etl.extract.single import read_single
from intercom_etl.json_text import read_stub

SUSPECTS_AT_MOST = 50


async def check_sample(subject: Subject, size: int) -> None:
    """Fetches `size` stored records at random, and compares them whole."""
    rows = await subject.rows(
        sql.SQL(
            "select id from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " order by random() limit %(size)s"
        ).format(subject.table),
        size=size,
    )
    subject.verdict.sampled += len(rows)
    await compare_single(subject, [row["id"] for row in rows])


async def check_counted(subject: Subject) -> None:
    """Fetches records that have fewer parts than the API counted, to see whether it has more to give.

    It may not: the API's count includes parts that nobody gets any more.
    """
    for declared in subject.stream.children:
        if declared.counted_by is None or declared.truncated_flag is None:
            continue
        rows = await subject.rows(
            sql.SQL(
                "select t.id from {table} t where t.workspace_id = %(workspace_id)s and t.deleted_at is null"
                " and not coalesce(t.{truncated}, false)"
                " and t.{counted} > 1 + (select count(*) from {parts} p"
                " where p.workspace_id = t.workspace_id and p.{parent} = t.id and p.deleted_at is null)"
                " order by random() limit %(most)s"
            ).format(
                table=subject.table,
                truncated=sql.Identifier(declared.truncated_flag),
                counted=sql.Identifier(declared.counted_by),
                parts=sql.Identifier("intercom", declared.table),
                parent=sql.Identifier(declared.parent_key),
            ),
            most=SUSPECTS_AT_MOST,
        )
        unknown = [row["id"] for row in rows if row["id"] not in subject.verdict.found]
        await compare_single(subject, unknown)


async def check_unfetchable(subject: Subject) -> None:
    """Asks again for some records that were listed and not given out; one that is there now is missing."""
    ids = sorted(subject.unfetchable)[:SUSPECTS_AT_MOST]
    if not ids:
        return
    async with aclosing(read_single(subject.client, subject.stream, ids)) as pages:
        async for page in pages:
            stubs = [read_stub(record) for record in page.records]
            subject.verdict.add("missing", [stub.id for stub in stubs if stub is not None])


async def compare_single(subject: Subject, ids: list[str]) -> None:
    """Compares these records with the API's own; one that the API has no more is extra."""
    if not ids:
        return
    treat = subject.request.treatment(subject.stream)
    async with aclosing(read_single(subject.client, subject.stream, ids)) as pages:
        async for page in pages:
            stubs = [read_stub(gone.stub) for gone in page.gone]
            gone = {stub.id for stub in stubs if stub is not None}
            async with subject.database.transaction() as tx:
                listed = await subject.seen.among(tx, gone)  # what is listed is there, whoever asks for it
            subject.verdict.add("extra", gone - listed)
            await compare_records(subject, treat(page) if treat is not None else page)
