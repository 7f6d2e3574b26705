"""The command line under a cap on its memory, watched while it works, and a workspace of many parts.

RLIMIT_AS is the cap: all that is mapped, code and unused stacks included, so nothing that we allocate escapes
it. RLIMIT_DATA (private writable pages only) leaves some 40 MB more, measured over a whole sync: 132 MB of
address space, 92 MB of data, 114 MB resident.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from intercom_etl.simulator.collection import Collection
from intercom_etl.simulator.conversations import ConversationState, make_conversation
from intercom_etl.simulator.workspace import Size, Workspace

MB = 1024 * 1024
LAUNCHER = """
import resource
resource.setrlimit(resource.RLIMIT_{limit}, ({cap}, {cap}))
from cli.start import main
main()
"""
NOTHING_ELSE = Size(
    contacts=5, conversations=1, companies=1, tickets=1, admins=2, teams=1, tags=5, segments=1,
    articles=0, collections=0, help_centers=0, redirects=0, internal_articles=0, news_items=0, newsfeeds=0,
    content_import_sources=0, external_pages=0, content_snippets=0, audiences=0, calls=0, macros=0,
    data_connectors=0, execution_results=0, activity_logs=0, custom_object_instances=0, content_receipts=0,
)  # fmt: skip


@dataclass(slots=True)
class Watched:
    """How a capped process ended; `samples` are seconds since its start and resident bytes."""

    code: int = 0
    err: str = ""
    samples: list[tuple[float, int]] = field(default_factory=list)
    peak: int = 0

    @property
    def seconds(self) -> float:
        return self.samples[-1][0] if self.samples else 0.0

    @property
    def growth(self) -> float:
        """Bytes a second over the second half, by least squares: near 0 where memory is flat."""
        late = [(at, size) for at, size in self.samples if at >= self.seconds / 2]
        mean_at = sum(at for at, _ in late) / len(late)
        mean_size = sum(size for _, size in late) / len(late)
        spread = sum((at - mean_at) ** 2 for at, _ in late)
        return sum((at - mean_at) * (size - mean_size) for at, size in late) / spread if spread else 0.0


def run_capped(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    cap: int,
    limit: str = "AS",
    every: float = 0.1,
) -> Watched:
    """Runs `intercom-etl ARGUMENTS` to its end under the cap."""
    code = LAUNCHER.format(limit=limit, cap=cap)
    began, watched = time.monotonic(), Watched()
    with (
        (folder / "capped.err").open("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        while process.poll() is None:
            sizes = _sizes(process.pid)
            if "VmRSS" in sizes:
                watched.samples.append((time.monotonic() - began, sizes["VmRSS"]))
                watched.peak = max(watched.peak, sizes["VmHWM"])
            time.sleep(every)
        errors.seek(0)
        watched.code, watched.err = process.returncode, errors.read()
    return watched


def _sizes(pid: int) -> dict[str, int]:
    """The memory of a process in bytes by the kernel's names; nothing once it is over."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    fields = (line.split() for line in lines if line.startswith("Vm"))
    return {name.removesuffix(":"): int(kilobytes) * 1024 for name, kilobytes, _ in fields}


def workspace_of_parts(counts: Sequence[int], body: Callable[[int], str], *, now: int) -> Workspace:
    """Conversations with so many parts each, in this order of change; made when asked for, none is kept.

    `body` gives the text of the part of a number.
    """
    workspace = Workspace(seed=31, size=NOTHING_ELSE, now=lambda: now)
    template = make_conversation(workspace.world, 0)
    fields = template.fields | {"contacts": {"type": "contact.list", "contacts": []}, "statistics": None}
    part = {
        "type": "conversation_part", "part_type": "comment", "attachments": [], "state": "open",
        "author": {"type": "user", "id": "1", "name": "Ada", "email": "ada@example.com"},
    }  # fmt: skip
    entries = [(str(10_000_000 + n), now - 86_400, now - 80_000 + n) for n in range(len(counts))]

    def make(number: int) -> ConversationState:
        identity, created, updated = entries[number]
        parts = [
            {
                **part,
                "id": str(number * 1_000 + n),
                "created_at": created,
                "updated_at": created,
                "body": body(n),
            }
            for n in range(counts[number])
        ]
        own = {"id": identity, "created_at": created, "updated_at": updated}
        return ConversationState(fields | own, parts)

    workspace.conversations = Collection(entries, make)
    return workspace
