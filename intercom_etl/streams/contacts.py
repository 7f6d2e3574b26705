"""Contacts (users and leads). Their search knows only days until API 2.17, hence `granularity`."""

from pydantic import Field

from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Confirm, Listing, Paged, Search, Stream


class Contact(Record):
    id: Id
    external_id: Text = None
    role: Text = None
    name: Text = None
    email: Text = None
    email_domain: Text = None
    phone: Text = None
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
    language_override: Text = None
    browser: Text = None
    browser_version: Text = None
    browser_language: Text = None
    os: Text = None
    referrer: Text = None
    avatar_url: Text = at("avatar", "image_url")
    location_country: Text = at("location", "country")
    location_region: Text = at("location", "region")
    location_city: Text = at("location", "city")
    location_country_code: Text = at("location", "country_code")
    merged_into: Text = None  # set when the contact turns out to be gone, never by the API


class ContactTag(Record):
    tag_id: Id = Field(validation_alias="id")
    name: Text = None
    applied_at: Time = None


class ContactCompany(Record):
    company_id: Id = Field(validation_alias="id")


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
    ),
)
