"""Old addresses of a help center and what they lead to now."""

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class HelpCenterRedirect(Record):
    id: Id
    help_center_id: OptionalId = None
    from_url: Text = None
    locale: Text = None
    target_type: Text = None
    target_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="help_center_redirects",
    title="Redirects of help centers",
    permission="Read help center redirects",
    model=HelpCenterRedirect,
    endpoint=PerParent(
        parent="help_centers",
        each=Paged("/help_center/help_centers/{id}/redirects", page_size=250),
        parent_key="help_center_id",
        each_run=True,
    ),
    optional="one request or more a help center",
)
