"""Reads from the answer to `GET /me` whose token it is."""

from dataclasses import dataclass

from intercom_etl.errors import FatalApiError
from intercom_etl.extract.config import Answer
from intercom_etl.extract.fields import text_at


@dataclass(frozen=True, slots=True)
class WorkspaceInfo:
    """Who the token belongs to, from GET /me. `id` is Intercom's `id_code`, unique over regions."""

    id: str
    name: str | None
    timezone: str | None
    region: str | None
    admin_email: str | None


def workspace_of(answer: Answer) -> WorkspaceInfo:
    """The workspace that an answer to `GET /me` names. Raises FatalApiError when it names none."""
    identity = text_at(answer.members, "app", "id_code")
    if not identity:
        raise FatalApiError(
            "answer to `GET /me` names no workspace (`app.id_code`)",
            request="GET /me",
            status=answer.status,
            request_id=answer.request_id,
        )
    return WorkspaceInfo(
        id=identity,
        name=text_at(answer.members, "app", "name"),
        timezone=text_at(answer.members, "app", "timezone"),
        region=text_at(answer.members, "app", "region"),
        admin_email=text_at(answer.members, "email"),
    )
