"""Becomes one PostgreSQL program, as somebody whom PostgreSQL accepts; a script, not to be called.

`embedded_identity` runs it as `python -I -S launcher.py IDENTITY attached|detached PROGRAM [ARGUMENT...]`.
It is a process of its own because none of this may happen in the caller's: a process with threads cannot
enter a user namespace, cannot give its rights back after changing its user, and must not fork and go on.

IDENTITY is one of
    same                    stay who we are
    namespace:UID:GID       enter a user namespace in which we are UID:GID; files stay ours outside of it
    user:UID:GID            become this user for good

`detached` leaves the program to init, so that whoever asked for it may die, and never has to reap it:
PostgreSQL takes a dead but unreaped server for a live one.
"""

import os
import sys

CLONE_NEWUSER = 0x10000000  # linux/sched.h
REFUSED = 125  # as env(1) and docker(1): the launcher failed, not the program
NOT_STARTED = 126


def enter_namespace(uid: int, gid: int) -> None:
    """Map our own ids, and no others: that much needs no privilege (user_namespaces(7))."""
    import ctypes  # 8 ms that the other identities need not pay

    libc = ctypes.CDLL(None, use_errno=True)
    unshare = getattr(libc, "unshare", None)
    if unshare is None:
        raise OSError("this system has no user namespaces")
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for name, text in (
        ("setgroups", "deny"),  # the kernel wants this before it takes a gid_map from us
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def become_user(uid: int, gid: int) -> None:
    """Give up being root, and root's groups, for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main(identity: str, detached: bool, program: str, arguments: list[str]) -> int:
    """Does not return if all goes well, except in the parent of a detached program."""
    kind, _, ids = identity.partition(":")
    try:
        if kind != "same":
            uid, gid = (int(part) for part in ids.split(":"))
            (enter_namespace if kind == "namespace" else become_user)(uid, gid)
    except OSError as error:
        print(f"{kind} refused: {error}", file=sys.stderr)
        return REFUSED
    if detached and os.fork():
        return 0
    try:
        os.execv(program, [program, *arguments])
    except OSError as error:
        print(f"cannot run {program}: {error}", file=sys.stderr)
        return NOT_STARTED


if __name__ == "__main__":
    sys.stdout.flush()
    os._exit(main(sys.argv[1], sys.argv[2] == "detached", sys.argv[3], sys.argv[4:]))
