"""Teams and who is in them."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Id, Int, Record, Text
from intercom_etl.stream import Children, Stream


class Team(Record):
    id: Id
    name: Text = None
    assignment_limit: Int = None
    distribution_method: Text = None


class TeamAdmin(Record):
    admin_id: Id = Field(validation_alias="id")


class TeamAdminPriority(Record):
    made_here: ClassVar = frozenset({"priority"})

    admin_id: Id = Field(validation_alias="id")
    priority: Text = None


STREAM = Stream(
    name="teams",
    title="Teams",
    permission="Read admins",
    model=Team,
    endpoint=Listing("/teams", key="teams"),
    children=(
        Children(
            table="team_admins",
            model=TeamAdmin,
            paths=(("admin_ids",),),
            parent_key="team_id",
            key="admin_id",
        ),
        Children(
            table="team_admin_priorities",
            model=TeamAdminPriority,
            paths=(
                ("admin_priority_level", "primary_admin_ids"),
                ("admin_priority_level", "secondary_admin_ids"),
            ),
            labelled="priority",
            labels=("primary", "secondary"),
            parent_key="team_id",
            key="admin_id",
        ),
    ),
)
