"""As whom PostgreSQL's programs run, because `postgres` and `initdb` refuse root.

An ordinary user runs them as itself. Root enters a user namespace that shows root as an ordinary account:
the files stay root's, so nothing needs to change hands. Where a container refuses namespaces, root becomes
an unprivileged account and the cluster's folder (never one above it) becomes that account's.
A user without an account, as some container platforms make them, takes the namespace too: initdb asks
for the account's name.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from intercom_etl.errors import ConfigError
from intercom_etl.postgres import launcher

LAUNCHER = Path(launcher.__file__)
# Preferred first; `nobody` exists wherever there is an /etc/passwd, `postgres` where a server was installed.
ACCOUNTS = ("postgres", "nobody")
MEND = "set INTERCOM_ETL_HOME to a folder that it can reach, or set DATABASE_URL to use a server of your own"


@dataclass(frozen=True)
class Identity:
    """`launch` is the launcher's first argument; `uid` and `gid` own the files, as seen from outside."""

    launch: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give a file or folder that we made to the identity; only root can, and only root needs to."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def command(self, program: Path, *arguments: str | Path, detached: bool = False) -> list[str | Path]:
        """The command line that runs `program` as this identity."""
        mode = "detached" if detached else "attached"
        # -I -S: no site packages, no start-up hooks; 15 ms
        return [sys.executable, "-I", "-S", LAUNCHER, self.launch, mode, program, *arguments]

    def run(
        self,
        program: Path,
        *arguments: str | Path,
        log: BinaryIO,
        detached: bool = False,
        keep: Iterable[int] = (),
    ) -> int:
        """Run `program` to its end, or only start it if `detached`.

        Its output goes to the file `log`, never to a pipe, which a server would keep open. The exit code is
        the program's, or `launcher.REFUSED`. `keep` are descriptors that it inherits.
        """
        return subprocess.run(
            self.command(program, *arguments, detached=detached),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=tuple(keep),
            # Nothing of ours: our environment may hold a token, and PG* or LC_* would change the cluster.
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd="/",
            start_new_session=True,  # Ctrl-C in our terminal is not for the server
            check=False,
        ).returncode


def choose_identity(folder: Path, programs: Path) -> Identity:
    """The identity for the cluster in `folder`, which exists; as root this may hand the folder over.

    Raises ConfigError if there is none, or if it could not reach `folder` or `programs`.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_account(uid):
        return Identity("same", uid, gid)
    for identity in _other_identities(folder, uid, gid):
        # The folder itself may yet be handed over; what lies above it stays as it is.
        outcome = _try_to_reach(identity, folder.parent, programs / "postgres")
        if outcome == launcher.REFUSED:
            continue
        if outcome != 0:
            raise _out_of_reach(identity, folder.parent, programs)
        if folder.stat().st_uid != identity.uid:
            _hand_over(folder, identity)
        return identity
    raise ConfigError(
        f"PostgreSQL refuses to run as user {uid}, and this container lets us be no other",
        "run as an ordinary user that has an account, or set DATABASE_URL to use a server of your own",
    )


def _other_identities(folder: Path, uid: int, gid: int) -> Iterator[Identity]:
    """What to try for root, or for a user without an account; best first."""
    owner = folder.stat().st_uid
    if uid == 0 and owner != 0:
        # A user's folder, or one that we handed over earlier: its files must stay that user's.
        if not _has_account(owner):
            raise ConfigError(f"`{folder}` belongs to user {owner}, who has no account here", MEND)
        account = pwd.getpwuid(owner)
    else:
        account = _unprivileged_account()
        yield Identity(f"namespace:{account.pw_uid}:{account.pw_gid}", uid, gid)
    if uid == 0:
        yield Identity(f"user:{account.pw_uid}:{account.pw_gid}", account.pw_uid, account.pw_gid)


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _account_name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _has_account(uid) else str(uid)


def _unprivileged_account() -> pwd.struct_passwd:
    accounts = {account.pw_name: account for account in pwd.getpwall() if account.pw_uid != 0}
    for name in (*ACCOUNTS, *accounts):
        if name in accounts:
            return accounts[name]
    raise ConfigError(
        "PostgreSQL refuses to run as root, and this system has no other account",
        "add an ordinary user, or set DATABASE_URL to use a server of your own",
    )


def _try_to_reach(identity: Identity, *paths: Path) -> int:
    """0, 1 if the identity may not enter or run one of `paths`, `launcher.REFUSED` if it cannot be had.

    Tried with a program that does nothing else: what a container allows shows only when one tries, and
    permissions are more than mode bits.
    """
    script = 'for path; do test -x "$path" || exit 1; done'
    with Path(os.devnull).open("wb") as nowhere:
        return identity.run(Path("/bin/sh"), "-c", script, "sh", *paths, log=nowhere)


def _out_of_reach(identity: Identity, above: Path, programs: Path) -> ConfigError:
    name = _account_name(identity.uid)
    for target, mend in (
        (above, MEND),
        (programs, f"install intercom-etl where `{name}` can read it, or set DATABASE_URL"),
    ):
        for folder in (*reversed(target.parents), target):
            if _try_to_reach(identity, folder) != 0:
                return ConfigError(
                    f"PostgreSQL refuses root's rights, and without them `{name}` cannot enter `{folder}`",
                    mend,
                )
    return ConfigError(f"`{name}` cannot run the programs in `{programs}`", MEND)


def _hand_over(folder: Path, identity: Identity) -> None:
    """Give the cluster's own folder to the identity; nothing above it changes."""
    for place, _, files in os.walk(folder):
        identity.own(Path(place))
        for name in files:
            identity.own(Path(place, name))
