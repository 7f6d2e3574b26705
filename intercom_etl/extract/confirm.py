"""Asks for records that a whole reading did not list: whether they are gone, and why."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from intercom_etl.errors import ApiError, CredentialsError, FatalApiError
from intercom_etl.extract.client import Answer, IntercomClient
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.held import Tolerance
from intercom_etl.json_text import read_stub
from intercom_etl.page import Gone, Page
from intercom_etl.stream import Confirm

logger = logging.getLogger(__name__)

AT_ONCE = 150
# a record that changed shortly before the reading may be missing from it because the index lags
SETTLED = timedelta(hours=1)


async def confirm_absent(
    client: IntercomClient,
    confirm: Confirm,
    ids: Sequence[str],
    *,
    read_from: datetime,
    was_short: bool = False,
) -> AsyncGenerator[Page]:
    """Pages that say what became of these records: gone, with the reason, or there after all.

    `read_from` is when the reading began that did not list them. Of one that `was_short`, by the API's own
    count, nobody can say that a record which answers was left out of it on purpose. A record that cannot
    be asked for stays as it is. Raises ApiError when many cannot.
    """
    tolerance = Tolerance()
    for start in range(0, len(ids), AT_ONCE):
        asked_at = client.now()
        some = ids[start : start + AT_ONCE]
        answers = await asyncio.gather(*(_ask(client, confirm, identity) for identity in some))
        records: list[bytes] = []
        gone: list[Gone] = []
        for identity, answer in zip(some, answers, strict=True):
            stub = msgspec.json.encode({"id": identity})
            if isinstance(answer, Answer):
                tolerance.note(None)
                if text_at(answer.members, "id") != identity:
                    continue
                if confirm.unlisted is not None and not was_short and _is_settled(answer.body, read_from):
                    gone.append(Gone(stub, confirm.unlisted))
                else:
                    records.append(answer.body)
            elif answer.status == 404:
                tolerance.note(None)
                gone.append(Gone(stub, "deleted"))
            elif answer.status == 410:
                tolerance.note(None)
                gone.append(Gone(stub, "merged", answer.moved_to))
            else:
                logger.warning("cannot tell whether `%s` is gone: %s", identity, answer.message)
                tolerance.note(answer)
        yield Page(tuple(records), asked_at, gone=tuple(gone))


async def _ask(client: IntercomClient, confirm: Confirm, identity: str) -> Answer | ApiError:
    if set(identity) <= {"."}:  # such an id would lead to another address
        return FatalApiError("id is no part of an address", request=f"GET {confirm.address}")
    try:
        return await client.get(confirm.address.replace("{id}", quote(identity, safe="")))
    except CredentialsError:
        raise
    except ApiError as error:
        return error


def _is_settled(record: bytes, read_from: datetime) -> bool:
    stub = read_stub(record)
    if stub is None or stub.updated_at is None:
        return False
    return stub.updated_at < (read_from - SETTLED).timestamp()
