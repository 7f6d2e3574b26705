"""Subscription types: what contacts can opt in to and out of."""

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Id, Record, Text, at
from intercom_etl.stream import Children, Stream


class SubscriptionType(Record):
    id: Id
    state: Text = None
    consent_type: Text = None
    default_name: Text = at("default_translation", "name")
    default_description: Text = at("default_translation", "description")
    default_locale: Text = at("default_translation", "locale")


class SubscriptionTypeTranslation(Record):
    locale: Id
    name: Text = None
    description: Text = None


class SubscriptionTypeContentType(Record):
    content_type: Id = Field(validation_alias="id")


STREAM = Stream(
    name="subscription_types",
    title="Subscription types",
    permission="Read and list users and companies",
    model=SubscriptionType,
    endpoint=Listing("/subscription_types"),
    children=(
        Children(
            table="subscription_type_translations",
            model=SubscriptionTypeTranslation,
            paths=(("translations",),),
            parent_key="subscription_type_id",
            key="locale",
        ),
        Children(
            table="subscription_type_content_types",
            model=SubscriptionTypeContentType,
            paths=(("content_types",),),
            parent_key="subscription_type_id",
            key="content_type",
        ),
    ),
)
