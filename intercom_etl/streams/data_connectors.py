"""Data connectors: requests to other systems that workflows and Fin make."""

from intercom_etl.endpoint import Cursor
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class DataConnector(Record):
    id: Id
    name: Text = None
    description: Text = None
    state: Text = None
    http_method: Text = None
    direct_fin_usage: Flag = None
    created_by_admin_id: OptionalId = None
    updated_by_admin_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    execution_results_url: Text = None


STREAM = Stream(
    name="data_connectors",
    title="Data connectors",
    permission="Read data connectors",
    model=DataConnector,
    endpoint=Cursor("/data_connectors", page_size=50),
)
