"""Finds the SQL that ships with the program, from a wheel, an editable install, or any folder."""

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def sql_folder() -> Path:
    """The folder `sql`: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(str(files("intercom_etl")))
    inside = package / "sql"
    return inside if inside.is_dir() else package.parent / "sql"


@cache
def query(name: str) -> bytes:
    """The one statement in `sql/queries/<name>.sql`."""
    return (sql_folder() / "queries" / f"{name}.sql").read_bytes()
