"""Companies. Only the scroll reaches all of them (lists end at 10,000), and it knows no filter."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Scroll
from intercom_etl.record import Id, Int, Number, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Confirm, Stream


class Company(Record):
    left_in_raw: ClassVar = frozenset({"custom_attributes", "notes"})

    id: Id
    company_id: Text = None
    name: Text = None
    app_id: Text = None
    plan_id: OptionalId = at("plan", "id")
    plan_name: Text = at("plan", "name")
    created_at: Time = None
    updated_at: Time = None
    remote_created_at: Time = None
    last_request_at: Time = None
    size: Int = None
    website: Text = None
    industry: Text = None
    monthly_spend: Number = None
    session_count: Int = None
    user_count: Int = None


class CompanyTag(Record):
    tag_id: Id = Field(validation_alias="id")
    name: Text = None


class CompanySegment(Record):
    # what is true of the segment and not of the company in it: table segments has it
    left_in_raw: ClassVar = frozenset({"created_at", "updated_at", "person_type", "count"})

    segment_id: Id = Field(validation_alias="id")
    name: Text = None


STREAM = Stream(
    name="companies",
    title="Companies",
    permission="Read and list users and companies",
    model=Company,
    endpoint=Scroll("/companies/scroll"),
    confirm=Confirm("/companies/{id}"),
    children=(
        Children(
            table="company_tags",
            model=CompanyTag,
            paths=(("tags", "tags"),),
            parent_key="company_id",
            key="tag_id",
        ),
        Children(
            table="company_segments",
            model=CompanySegment,
            paths=(("segments", "segments"),),
            parent_key="company_id",
            key="segment_id",
        ),
    ),
)
