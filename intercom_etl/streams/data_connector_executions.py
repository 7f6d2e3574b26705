"""What came of the calls of data connectors; bodies are not asked for."""

from typing import ClassVar

from intercom_etl.endpoint import Cursor, PerParent
from intercom_etl.record import Flag, Id, Int, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class DataConnectorExecution(Record):
    left_in_raw: ClassVar = frozenset({"raw_response_body", "request_body", "response_body"})

    id: Id
    data_connector_id: Text = None
    success: Flag = None
    http_status: Int = None
    http_method: Text = None
    error_type: Text = None
    error_message: Text = None
    execution_time_ms: Int = None
    source_type: Text = None
    source_id: OptionalId = None
    conversation_id: OptionalId = None
    request_url: Text = None
    created_at: Time = None


STREAM = Stream(
    name="data_connector_executions",
    title="Executions of data connectors",
    permission="Read data connectors",
    model=DataConnectorExecution,
    endpoint=PerParent(
        "data_connectors",
        Cursor("/data_connectors/{id}/execution_results", page_size=30),
        "data_connector_id",
        whole=False,
        span=("start_ts", "end_ts"),
    ),
    replication_key="created_at",
    optional="one request for each 30 executions",
)
