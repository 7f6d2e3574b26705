"""Teams and who is in them."""

from pydantic import Field

from intercom_etl.record import Id, Int, Record, Text
from intercom_etl.stream import Children, Listing, Stream


class Team(Record):
    id: Id
    name: Text = None
    assignment_limit: Int = None
    distribution_method: Text = None


class TeamAdmin(Record):
    admin_id: Id = Field(validation_alias="id")


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
    ),
)
