"""Teammates. Those who were removed vanish from the list and stay referenced elsewhere."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, ImageAddress, OptionalId, Record, Text, at
from intercom_etl.stream import Children, Stream


class Admin(Record):
    id: Id
    name: Text = None
    email: Text = None
    job_title: Text = None
    away_mode_enabled: Flag = None
    away_mode_reassign: Flag = None
    away_status_reason_id: OptionalId = None
    has_inbox_seat: Flag = None
    avatar_url: ImageAddress = Field(default=None, validation_alias="avatar")
    role_id: OptionalId = at("role", "id")
    role_name: Text = at("role", "name")


class AdminTeam(Record):
    team_id: Id = Field(validation_alias="id")


class AdminTeamPriority(Record):
    made_here: ClassVar = frozenset({"priority"})

    team_id: Id = Field(validation_alias="id")
    priority: Text = None


STREAM = Stream(
    name="admins",
    title="Teammates",
    permission="Read admins",
    model=Admin,
    endpoint=Listing("/admins", key="admins"),
    children=(
        Children(
            table="admin_teams",
            model=AdminTeam,
            paths=(("team_ids",),),
            parent_key="admin_id",
            key="team_id",
        ),
        Children(
            table="admin_team_priorities",
            model=AdminTeamPriority,
            paths=(
                ("team_priority_level", "primary_team_ids"),
                ("team_priority_level", "secondary_team_ids"),
            ),
            labelled="priority",
            labels=("primary", "secondary"),
            parent_key="admin_id",
            key="team_id",
        ),
    ),
)
