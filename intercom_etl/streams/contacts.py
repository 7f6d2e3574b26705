"""Contacts (users and leads). Their search knows only days until API 2.17, hence `granularity`."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing, Paged, Search
from intercom_etl.record import Flag, Id, Int, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Confirm, Stream


class Contact(Record):
    # notes: cut off at ten stubs. merge_history: only on request
    left_in_raw: ClassVar = frozenset({"custom_attributes", "merge_history", "notes", "workspace_id"})
    undeclared: ClassVar = frozenset({
        "enabled_push_messaging", "formatted_phone", "opted_in_subscription_types",
        "opted_out_subscription_types", "referrer", "sms_consent", "unsubscribed_from_sms", "utm_campaign",
        "utm_content", "utm_medium", "utm_source", "utm_term",
    })  # fmt: skip
    made_here: ClassVar = frozenset({"merged_into"})

    id: Id
    external_id: Text = None
    role: Text = None
    name: Text = None
    email: Text = None
    email_domain: Text = None
    phone: Text = None
    formatted_phone: Text = None
    owner_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    signed_up_at: Time = None
    last_seen_at: Time = None
    last_replied_at: Time = None
    last_contacted_at: Time = None
    last_email_opened_at: Time = None
    last_email_clicked_at: Time = None
    has_hard_bounced: Flag = None
    marked_email_as_spam: Flag = None
    unsubscribed_from_emails: Flag = None
    unsubscribed_from_sms: Flag = None
    sms_consent: Flag = None
    enabled_push_messaging: Flag = None
    language_override: Text = None
    browser: Text = None
    browser_version: Text = None
    browser_language: Text = None
    os: Text = None
    android_app_name: Text = None
    android_app_version: Text = None
    android_device: Text = None
    android_os_version: Text = None
    android_sdk_version: Text = None
    android_last_seen_at: Time = None
    ios_app_name: Text = None
    ios_app_version: Text = None
    ios_device: Text = None
    ios_os_version: Text = None
    ios_sdk_version: Text = None
    ios_last_seen_at: Time = None
    referrer: Text = None
    utm_campaign: Text = None
    utm_content: Text = None
    utm_medium: Text = None
    utm_source: Text = None
    utm_term: Text = None
    avatar_url: Text = at("avatar", "image_url")
    location_country: Text = at("location", "country")
    location_region: Text = at("location", "region")
    location_city: Text = at("location", "city")
    location_country_code: Text = at("location", "country_code")
    location_continent_code: Text = at("location", "continent_code")
    merged_into: Text = None  # set when the contact turns out to be gone


class ContactTag(Record):
    left_in_raw: ClassVar = frozenset({"url"})
    undeclared: ClassVar = frozenset({"name", "applied_at", "applied_by"})  # where the list was completed

    tag_id: Id = Field(validation_alias="id")
    name: Text = None
    applied_at: Time = None
    applied_by_type: Text = at("applied_by", "type")
    applied_by_id: OptionalId = at("applied_by", "id")


class ContactCompany(Record):
    left_in_raw: ClassVar = frozenset({"url"})

    company_id: Id = Field(validation_alias="id")


class ContactSubscription(Record):
    left_in_raw: ClassVar = frozenset({"url"})
    made_here: ClassVar = frozenset({"consent_type"})

    subscription_type_id: Id = Field(validation_alias="id")
    consent_type: Text = None


class ContactSocialProfile(Record):
    made_here: ClassVar = frozenset({"position"})

    position: Int = None
    name: Text = None
    url: Text = None


STREAM = Stream(
    name="contacts",
    title="Users and leads",
    permission="Read and list users and companies",
    model=Contact,
    endpoint=Search("/contacts/search", key="data", granularity="day"),
    replication_key="updated_at",
    confirm=Confirm("/contacts/{id}", unlisted="archived"),
    children=(
        Children(
            table="contact_tags",
            model=ContactTag,
            paths=(("tags", "data"),),
            parent_key="contact_id",
            key="tag_id",
            rest=Listing("/contacts/{id}/tags"),
        ),
        Children(
            table="contact_companies",
            model=ContactCompany,
            paths=(("companies", "data"),),
            parent_key="contact_id",
            key="company_id",
            rest=Paged("/contacts/{id}/companies", page_size=50),
        ),
        Children(
            table="contact_subscriptions",
            model=ContactSubscription,
            paths=(("opted_in_subscription_types", "data"), ("opted_out_subscription_types", "data")),
            labelled="consent_type",
            labels=("opt_in", "opt_out"),
            parent_key="contact_id",
            key="subscription_type_id",
            rest=Listing("/contacts/{id}/subscriptions"),
        ),
        Children(
            table="contact_social_profiles",
            model=ContactSocialProfile,
            paths=(("social_profiles", "data"),),
            parent_key="contact_id",
            key="position",
            numbered="position",
        ),
    ),
)
