"""The workspace's own settings: ticket types and states, data attributes, subscription types."""

from typing import Any

from intercom_etl.simulator.chance import DAY

Record = dict[str, Any]

STATES = (
    ("8269", "submitted", "Submitted", "Submitted"),
    ("8270", "in_progress", "In progress", "In progress"),
    ("8271", "waiting_on_customer", "Waiting on customer", "Waiting on you"),
    ("8272", "resolved", "Resolved", "Resolved"),
    ("8273", "in_progress", "With engineering", "In progress"),
)
TYPES = (
    ("100", "Customer", "Bug report", "🐛"),
    ("101", "Back-office", "Refund", "💶"),
    ("102", "Tracker", "Outage", "🔥"),
)
SUBSCRIPTIONS = (
    ("91", "opt_out", "Newsletter", "email"),
    ("92", "opt_out", "Product news", "email"),
    ("93", "opt_in", "Text messages", "sms_message"),
    *((str(94 + number), "opt_out", f"Digest {number + 1}", "email") for number in range(11)),
)
FIRST_SUBSCRIPTION = 91
CONTACT_STANDARD = (
    ("name", "string"), ("email", "string"), ("phone", "string"), ("role", "string"), ("owner_id", "integer"),
    ("created_at", "date"), ("updated_at", "date"), ("last_seen_at", "date"), ("has_hard_bounced", "boolean"),
)  # fmt: skip
CONTACT_CUSTOM = (("plan", "string"), ("seats", "integer"), ("renewal_at", "date"), ("beta", "boolean"))
COMPANY_STANDARD = (
    ("name", "string"),
    ("company_id", "string"),
    ("size", "integer"),
    ("monthly_spend", "float"),
)
COMPANY_CUSTOM = (("region", "string"), ("account_manager", "string"))


def ticket_state(number: int) -> Record:
    """One of STATES as tickets and ticket types carry it."""
    state_id, category, internal, external = STATES[number]
    return {
        "type": "ticket_state",
        "id": state_id,
        "category": category,
        "internal_label": internal,
        "external_label": external,
    }


def _type_attribute(number: int, type_id: str, workspace_id: str, anchor: int) -> Record:
    name, data_type = (
        ("_default_title_", "string"),
        ("_default_description_", "string"),
        ("Severity", "list"),
    )[number]
    created_at = anchor - 600 * DAY
    return {
        "type": "ticket_type_attribute",
        "id": str(int(type_id) * 10 + number),
        "workspace_id": workspace_id,
        "name": name,
        "description": "",
        "data_type": data_type,
        "input_options": {"list_options": ["low", "high"]}
        if data_type == "list"
        else {"multiline": number == 1},
        "order": number,
        "required_to_create": number == 0,
        "required_to_create_for_contacts": False,
        "visible_on_create": True,
        "visible_to_contacts": number < 2,
        "default": number < 2,
        "ticket_type_id": int(type_id),
        "archived": False,
        "created_at": created_at,
        "updated_at": created_at,
    }


def make_ticket_types(workspace_id: str, anchor: int) -> list[Record]:
    """Three types, one a category, with their attributes and states."""
    types: list[Record] = []
    for type_id, category, name, icon in TYPES:
        attributes = [_type_attribute(number, type_id, workspace_id, anchor) for number in range(3)]
        types.append(
            {
                "type": "ticket_type",
                "id": type_id,
                "category": category,
                "name": name,
                "description": f"{name} tickets",
                "icon": icon,
                "workspace_id": workspace_id,
                "ticket_type_attributes": {"type": "list", "data": attributes},
                "ticket_states": {"type": "list", "data": [ticket_state(n) for n in range(len(STATES))]},
                "archived": False,
                "created_at": anchor - 600 * DAY,
                "updated_at": anchor - 500 * DAY,
                "is_internal": category != "Customer",
            }
        )
    return types


def make_ticket_states(types: list[Record]) -> list[Record]:
    """Every state with the types that use it."""
    short = ("type", "id", "name", "description", "icon", "archived", "is_internal", "category")
    stubs = [{key: kind[key] for key in short} for kind in types]
    return [
        {**ticket_state(number), "archived": False, "ticket_types": {"type": "list", "data": stubs}}
        for number in range(len(STATES))
    ]


def _attribute(model: str, name: str, data_type: str, number: int | None, anchor: int) -> Record:
    record: Record = {
        "type": "data_attribute",
        "model": model,
        "name": name,
        "full_name": name if number is None else f"custom_attributes.{name}",
        "label": name.replace("_", " ").capitalize(),
        "description": f"{name} of the {model}",
        "data_type": data_type,
        "api_writable": True,
        "messenger_writable": False,
        "ui_writable": number is not None,
        "custom": number is not None,
        "archived": number == 3,
    }
    if number is not None:
        stamp = anchor - 400 * DAY
        record |= {"id": 12878 + number, "created_at": stamp, "updated_at": stamp, "admin_id": "991267459"}
    return record


def make_data_attributes(anchor: int) -> list[Record]:
    """Standard attributes have no id, which is why (model, full_name) is their key."""
    attributes = [_attribute("contact", name, kind, None, anchor) for name, kind in CONTACT_STANDARD]
    attributes += [_attribute("contact", *pair, number, anchor) for number, pair in enumerate(CONTACT_CUSTOM)]
    attributes += [_attribute("company", name, kind, None, anchor) for name, kind in COMPANY_STANDARD]
    attributes += [
        _attribute("company", *pair, number, anchor) for number, pair in enumerate(COMPANY_CUSTOM, start=10)
    ]
    return attributes


def subscription_id(number: int) -> str:
    """The id of the subscription type of this number."""
    return str(FIRST_SUBSCRIPTION + number)


def subscription(number: int) -> Record:
    """The subscription type of this number as the API lists it; those past SUBSCRIPTIONS are new ones."""
    type_id, consent, name, content = (
        SUBSCRIPTIONS[number]
        if number < len(SUBSCRIPTIONS)
        else (subscription_id(number), "opt_out", f"Digest {number}", "email")
    )
    translation = {"name": name, "description": f"{name} of the simulator", "locale": "en"}
    return {
        "type": "subscription",
        "id": type_id,
        "state": {12: "draft", 13: "archived"}.get(number, "live"),
        "default_translation": translation,
        "translations": [translation, {**translation, "name": f"{name} (de)", "locale": "de"}],
        "consent_type": consent,
        "content_types": [content],
    }
