"""Reads the lists of several parents with one request, and tells whose each record is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from intercom_etl.endpoint import Together
from intercom_etl.errors import ApiError, CredentialsError, FatalApiError, NotAvailableError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.held import Held
from intercom_etl.extract.listed import ListingReader
from intercom_etl.json_text import members
from intercom_etl.page import Parent


@dataclass(frozen=True, slots=True)
class ParentList:
    """What became of one parent's list; with an `error` it could not be read."""

    parent: Parent
    asked_at: datetime
    records: list[bytes] = field(default_factory=list)
    error: ApiError | None = None

    @property
    def size(self) -> int:
        """Bytes of its records."""
        return sum(map(len, self.records))


async def collect_together(
    client: IntercomClient, endpoint: Together, parents: Sequence[Parent], held: Held
) -> list[ParentList]:
    """The lists of these parents, in their order.

    When the answer cannot be used each parent is asked for alone, so that one costs no other.
    """
    async with held.room():
        try:
            found = await _ask(client, endpoint, parents)
        except (CredentialsError, NotAvailableError) as error:
            found = [ParentList(parent, client.now(), error=error) for parent in parents]
        except ApiError as error:
            found = [await _ask_alone(client, endpoint, parent, error, len(parents)) for parent in parents]
    held.add(sum(one.size for one in found))
    return found


async def _ask_alone(
    client: IntercomClient, endpoint: Together, parent: Parent, error: ApiError, asked: int
) -> ParentList:
    asked_at = client.now()
    try:
        if asked == 1:
            raise error
        [found] = await _ask(client, endpoint, [parent])
    except ApiError as reason:
        if reason.status in (404, 410):  # the parent is gone: its own stream will say so
            return ParentList(parent, asked_at)
        return ParentList(parent, asked_at, error=reason)
    return found


async def _ask(client: IntercomClient, endpoint: Together, parents: Sequence[Parent]) -> list[ParentList]:
    request = f"POST {endpoint.path}"
    lists: dict[str, list[bytes]] = {parent.id: [] for parent in parents}
    answer = await client.post(endpoint.path, {endpoint.field: list(lists)})
    listed = ListingReader(request, endpoint.key).read(answer)
    for record in listed.records:
        owner = parents[0].id if len(parents) == 1 else _owner(record.text, endpoint.of)
        if owner not in lists:
            raise FatalApiError(
                f"answer to `{request}` has a record of none of those that were asked for",
                request=request,
                status=answer.status,
                request_id=answer.request_id,
            )
        lists[owner].append(record.text)
    return [ParentList(parent, answer.fetched_at, lists[parent.id]) for parent in parents]


def _owner(record: bytes, name: str) -> str | None:
    try:
        return text_at(members(record), name)
    except ValueError:
        return None
