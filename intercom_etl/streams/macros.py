"""Macros (saved replies), as far as the token's teammate may see them."""

from pydantic import Field

from intercom_etl.endpoint import Cursor
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Children, Stream


class Macro(Record):
    id: Id
    name: Text = None
    body: Text = None
    body_text: Text = None
    visible_to: Text = None
    created_at: Time = None
    updated_at: Time = None


class MacroTeam(Record):
    team_id: Id = Field(validation_alias="id")


class MacroPlace(Record):
    place: Id = Field(validation_alias="id")


STREAM = Stream(
    name="macros",
    title="Macros",
    permission="Read conversations",
    model=Macro,
    endpoint=Cursor("/macros"),
    children=(
        Children(
            table="macro_teams",
            model=MacroTeam,
            paths=(("visible_to_team_ids",),),
            parent_key="macro_id",
            key="team_id",
        ),
        Children(
            table="macro_places",
            model=MacroPlace,
            paths=(("available_on",),),
            parent_key="macro_id",
            key="place",
        ),
    ),
)
