"""Data connectors, and what came of calling them."""

from typing import Any

from intercom_etl.simulator.chance import DAY, HOUR, generator
from intercom_etl.simulator.references import admin_number, conversation_id, stamps_of
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_CONNECTOR = 12_345
FIRST_RESULT = 99_000
LISTED = (
    "type", "id", "name", "description", "state", "http_method", "direct_fin_usage", "created_by_admin_id",
    "updated_by_admin_id", "created_at", "updated_at", "execution_results_url",
)  # fmt: skip
BODIES = ("request_body", "response_body", "raw_response_body")
ERRORS = (
    "request_configuration_error", "faraday_error", "3rd_party_error", "response_mapping_error",
    "token_refresh_error", "fin_action_response_formatting_error", "fin_action_identity_verification_error",
    "email_verification_error", "non_fin_standalone_action_identity_verification_error",
    "request_validation_error", "client_side_action_error",
)  # fmt: skip
METHODS = ("get", "post", "put")


def make_data_connector(world: World, number: int) -> Record:
    """The connector as GET by id shows it."""
    rng = generator(world.seed, "connector", number)
    born, changed = stamps_of(world, "data_connector", number)
    connector_id = str(FIRST_CONNECTOR + number)
    admin = str(admin_number(world, number))
    order = {"name": "order_id", "type": "string", "description": None, "required": True, "default_value": ""}
    status = {"path": "status", "type": "string", "example_value": "ok", "redacted": False}
    return {
        "type": "data_connector",
        "id": connector_id,
        "name": f"Order service {number}",
        "description": "Looks up an order" if number % 2 else None,
        "state": "draft" if number % 4 == 3 else "live",
        "url": "https://orders.example.com/{{order_id}}",
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "http_method": METHODS[number % len(METHODS)],
        "direct_fin_usage": rng.random() < 0.5,
        "audiences": ["users", "leads"],
        "execution_type": rng.choice(("server_side", "client_side", None)),
        "configuration_response_type": "test_response_type",
        "data_transformation_type": None,
        "client_function_name": None,
        "client_function_timeout_ms": None,
        "data_inputs": [order],
        "response_fields": [status],
        "object_mappings": [],
        "token_ids": [],
        "customer_authentication": False,
        "bypass_authentication": False,
        "validate_missing_attributes": None,
        "created_by_admin_id": admin,
        "updated_by_admin_id": admin,
        "created_at": iso(born),
        "updated_at": iso(changed),
        "execution_results_url": f"/data_connectors/{connector_id}/execution_results",
    }


def listed_connector(connector: Record) -> Record:
    """The connector as the list shows it."""
    return {key: connector[key] for key in LISTED if key in connector}


def make_execution_result(world: World, number: int) -> Record:
    """A quarter of them ran within the last hour, the rest within the last thirty days."""
    rng = generator(world.seed, "execution", number)
    ago = rng.randint(30, HOUR - 30) if number % 4 == 0 else rng.randint(HOUR, 30 * DAY)
    success = rng.random() < 0.8
    return {
        "type": "data_connector.execution",
        "id": str(FIRST_RESULT + number),
        "data_connector_id": str(FIRST_CONNECTOR + number % max(1, min(3, world.size.data_connectors))),
        "success": success,
        "http_status": 200 if success else None,
        "http_method": METHODS[number % len(METHODS)],
        "error_type": None if success else rng.choice(ERRORS),
        "error_message": None if success else "Connection refused",
        "execution_time_ms": rng.randint(20, 3000) if success else None,
        "source_type": rng.choice(("workflow", "inbox", "fin", None)),
        "source_id": str(5_000 + number % 7) if success else None,
        "conversation_id": conversation_id(world, number) if rng.random() < 0.7 else None,
        "created_at": iso(world.anchor - ago),
        "request_url": "https://orders.example.com/1",
        "request_body": '{"order_id": "1"}',
        "response_body": '{"status": "ok"}' if success else None,
        "raw_response_body": '{"status": "ok"}' if success else None,
    }


def listed_result(result: Record) -> Record:
    """The result as the list shows it unless bodies are asked for."""
    return {key: value for key, value in result.items() if key not in BODIES}
