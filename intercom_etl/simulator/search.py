"""The search language: a query becomes a predicate, or a 400 that says what is wrong with it."""

import operator as op
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from intercom_etl.simulator.days import day_test
from intercom_etl.simulator.refusal import RefusalError, invalid
from intercom_etl.simulator.search_fields import Field, find_field

MAX_DEPTH = 2
MAX_FILTERS = 15

Test = Callable[[Any], bool]
# Reads a searchable value of one record: (name, field) -> value.
Reader = Callable[[str, Field], Any]
Predicate = Callable[[Reader], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": op.lt, ">": op.gt, "<=": op.le, ">=": op.ge}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "~": lambda value, wanted: wanted in value,
    "!~": lambda value, wanted: wanted not in value,
    "^": str.startswith,
    "$": str.endswith,
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one endpoint reads a query: `zone` set means that dates count by local day."""

    kind: str
    zone: ZoneInfo | None = None
    include_equal: bool = False


def compile_query(query: object, dialect: Dialect) -> Predicate:
    """The predicate of a query; a 400 when it breaks the rules."""
    if not isinstance(query, dict):
        raise RefusalError(400, "parameter_not_found", "query not specified")
    return _compile(query, dialect, depth=0)


def _compile(query: object, dialect: Dialect, depth: int) -> Predicate:
    if not isinstance(query, dict):
        raise invalid("a filter must be an object")
    if "field" in query:
        return _compile_filter(query, dialect)
    return _compile_group(query, dialect, depth + 1)


def _compile_group(query: dict[str, Any], dialect: Dialect, depth: int) -> Predicate:
    kind, parts = query.get("operator"), query.get("value")
    if kind not in ("AND", "OR") or not isinstance(parts, list) or not parts:
        raise invalid("a group needs operator AND or OR, and a list of filters as value")
    if depth > MAX_DEPTH:
        raise invalid(f"filters may be nested {MAX_DEPTH} levels deep")
    if len(parts) > MAX_FILTERS:
        raise invalid(f"a group may hold {MAX_FILTERS} filters")
    predicates = [_compile(part, dialect, depth) for part in parts]
    if kind == "AND":
        return lambda read: all(predicate(read) for predicate in predicates)
    return lambda read: any(predicate(read) for predicate in predicates)


def _compile_filter(query: dict[str, Any], dialect: Dialect) -> Predicate:
    name, operator, value = query["field"], query.get("operator"), query.get("value")
    field = find_field(dialect.kind, name)
    if not isinstance(operator, str):
        raise invalid(f"no operator for {name}")
    if dialect.kind == "contacts" and name == "tag_id" and operator not in ("=", "!="):
        raise invalid("tag_id supports only = and !=")
    test = _test(name, field, operator, value, dialect)
    negative = operator in ("!=", "NIN", "!~")

    def predicate(read: Reader) -> bool:
        found = read(name, field)
        if isinstance(found, list):
            return all(map(test, found)) if negative else any(map(test, found))
        return test(found)

    return predicate


def _test(name: str, field: Field, operator: str, value: object, dialect: Dialect) -> Test:
    if field.type == "date" and dialect.zone is not None:
        if operator in ("IN", "NIN"):
            raise invalid(f"operator {operator} is not supported on date field {name}")
        return day_test(name, operator, _integer(name, value), dialect.zone)
    if operator in ("IN", "NIN"):
        if not isinstance(value, list):
            raise invalid(f"operator {operator} needs a list for {name}")
        allowed = {_wanted(name, field, one) for one in value}
        return (lambda found: found in allowed) if operator == "IN" else (lambda found: found not in allowed)
    wanted = _wanted(name, field, value)
    if field.type == "words" and operator in ("=", "!="):
        hit = operator == "="
        return lambda found: (wanted.lower() in re.findall(r"\w+", (found or "").lower())) == hit
    if operator in ("=", "!="):
        return (lambda found: found == wanted) if operator == "=" else (lambda found: found != wanted)
    if operator in _ORDER and field.type in ("date", "integer"):
        compare = _ORDER[operator + "=" if dialect.include_equal and len(operator) == 1 else operator]
        return lambda found: isinstance(found, int) and compare(found, wanted)
    if operator in _TEXT and field.type in ("string", "words"):
        check = _TEXT[operator]
        return lambda found: check(str(found or "").lower(), wanted.lower())
    raise invalid(f"operator {operator} does not fit {name}")


def _wanted(name: str, field: Field, value: object) -> Any:
    match field.type:
        case "date" | "integer":
            return _integer(name, value)
        case "boolean":
            if isinstance(value, bool) or value in ("true", "false"):
                return value in (True, "true")
            raise invalid(f"{name} needs true or false")
        case "string" | "words":
            if value is None or isinstance(value, (dict, list)):
                raise invalid(f"{name} needs text")
            return str(value)


def _integer(name: str, value: object) -> int:
    """Whole numbers, also as text: the reference's own examples quote their timestamps."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    raise invalid(f"{name} needs a whole number")
