"""Reads the policy's file. A rule that cannot be honoured is an error: none is left out silently."""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from intercom_etl.errors import ConfigError
from intercom_etl.privacy.columns import Column, Table
from intercom_etl.privacy.treatment import Verb

VERBS: tuple[Verb, ...] = get_args(Verb)

Rules = dict[str, dict[str, Verb]]  # by table and column


def read_rules(text: str, name: str, tables: Mapping[str, Table]) -> Rules:
    """The rules of a file called `name`. Raises ConfigError naming file and value."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        raise ConfigError(
            f"cannot read `{name}`: {said[:1].lower()}{said[1:]}", 'a rule is like `email = "hash"`'
        ) from error
    if not written:
        raise ConfigError(
            f"`{name}` has no rule", "write one, or unset INTERCOM_ETL_PRIVACY_FILE to keep everything"
        )
    rules: Rules = {}
    for table, columns in written.items():
        if not isinstance(columns, dict):
            raise ConfigError(
                f"`{table}` in `{name}` stands in no table", "write it below a line like `[contacts]`"
            )
        if table not in tables:
            raise ConfigError(f"unknown table `{table}` in `{name}`", _guess(table, tables, "tables"))
        rules[table] = {column: _verb(tables[table], column, verb, name) for column, verb in columns.items()}
    _refuse_contradictions(rules, name, tables)
    return rules


def _verb(table: Table, name: str, verb: Any, file: str) -> Verb:
    column = table.columns.get(name)
    if column is None:
        raise ConfigError(
            f"unknown column `{table.name}.{name}` in `{file}`", _guess(name, table.columns, "columns")
        )
    if verb not in VERBS:
        raise ConfigError(
            f"`{table.name}.{name}` is `{verb}` in `{file}`", _guess(str(verb), VERBS, "it can be")
        )
    if verb != "keep":
        _refuse_what_is_needed(table, column, verb, file)
    return verb


def _refuse_what_is_needed(table: Table, column: Column, verb: Verb, file: str) -> None:
    said = f"`{table.name}.{column.name}` cannot be `{verb}` in `{file}`"
    if column.needed is not None:
        raise ConfigError(f"{said}: it is {column.needed}", "take the line out")
    if verb == "hash" and not column.is_text:
        raise ConfigError(f"{said}: the column does not hold text", 'say `"drop"`, or take the line out')


def _refuse_contradictions(rules: Rules, name: str, tables: Mapping[str, Table]) -> None:
    """Where addresses are taken out everywhere, no column can keep them."""
    of_addresses = {
        f"{table}.{column}": verb
        for table, columns in rules.items()
        for column, verb in columns.items()
        if tables[table].columns[column].is_email
    }
    hidden = [column for column, verb in of_addresses.items() if verb != "keep"]
    kept = [column for column, verb in of_addresses.items() if verb == "keep"]
    if hidden and kept:
        raise ConfigError(
            f"`{kept[0]}` cannot be `keep` in `{name}`: `{hidden[0]}` is `{of_addresses[hidden[0]]}`, "
            "and then no address stays anywhere",
            "take one of the two lines out",
        )


def _guess(word: str, known: Iterable[str], what: str) -> str:
    """The nearest of the known words; without one, all of them."""
    names = list(known)
    near = get_close_matches(word, names, n=2)
    return f"did you mean `{'` or `'.join(near)}`?" if near else f"{what}: {', '.join(sorted(names))}"
