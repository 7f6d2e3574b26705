"""`make memory`: a million parts of conversations under a cap of 300 MB, and a picture of the memory.

The capped process is the real command line. What it reads is made as it is asked for, in this process.
"""

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

import psycopg
from capped import MB, Watched, run_capped, workspace_of_parts

from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import TOKEN

CAP = 300 * MB
USUAL, LONG = 50, 500  # parts of a conversation
BODY = "<p>" + "hello again, the export has stopped once more. " * 7 + "</p>"
HUGE = "<p>" + "x" * 40_000 + "</p>"  # 500 of them are 20 MB in one answer
ORDERS = ("even", "long-first", "long-last", "mixed", "one-huge")
PICTURES = Path(__file__).resolve().parents[2] / "build" / "bench"


def orders(parts: int) -> dict[str, list[int]]:
    """Sizes of conversations, in the order in which they are read; a third of the parts is in long ones."""
    long = [LONG] * (parts // 3 // LONG)
    short = [USUAL] * ((parts - sum(long)) // USUAL)
    mixed = [*long, *short]
    random.Random(31).shuffle(mixed)
    return {
        "even": [USUAL] * (parts // USUAL),
        "long-first": [*long, *short],
        "long-last": [*short, *long],
        "mixed": mixed,
        "one-huge": [*short[: len(short) // 2], LONG, *short[len(short) // 2 :]],
    }


def measure(name: str, counts: list[int], *, limit: str, cap: int) -> tuple[Watched, int]:
    """One sync of a fresh database, and how many parts are stored after it."""
    huge = name == "one-huge"

    def body(number: int) -> str:
        return HUGE if huge and number >= USUAL else BODY

    workspace = workspace_of_parts(counts, body, now=int(time.time()))
    with tempfile.TemporaryDirectory() as home, SimulatorServer(workspace) as server:
        folder = Path(home)
        with EmbeddedPostgres(folder / "server", durable=False).running() as url:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": home,
                "INTERCOM_ACCESS_TOKEN": TOKEN,
                "INTERCOM_BASE_URL": server.url,
                "INTERCOM_ETL_HOME": str(folder / "home"),
                "DATABASE_URL": url,
            }
            migrated = run_capped(["migrate"], environment, folder, cap=cap, limit=limit)
            if migrated.code != 0:
                return migrated, 0
            done = run_capped(
                ["sync", "conversations", "--quiet"], environment, folder, cap=cap, limit=limit, every=0.25
            )
            with psycopg.connect(url) as connection:
                stored = connection.execute("select count(*) from intercom.conversation_parts").fetchone()
            return done, stored[0] if stored else 0


def draw(watched: Watched, title: str, cap: int) -> str:
    """Resident memory over time, with the cap as a line."""
    width, height, left, top = 900, 320, 60, 40
    last, most = max(watched.seconds, 1.0), cap * 1.1

    def place(at: float, size: float) -> str:
        return f"{left + at / last * width:.1f},{top + height - size / most * height:.1f}"

    line = " ".join(place(at, size) for at, size in watched.samples)
    marks = "".join(
        f'<text x="52" y="{place(0, size).split(",")[1]}" text-anchor="end">{size // MB}</text>'
        for size in range(0, int(most), 50 * MB)
    )
    right, level = place(last, cap).split(",")
    bottom = top + height + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {top + height + 50}"'
        ' font-family="sans-serif" font-size="12" fill="#333">'
        '<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{left}" y="24" font-size="15">{title}</text>{marks}'
        f'<line x1="{left}" y1="{level}" x2="{right}" y2="{level}" stroke="#c33" stroke-dasharray="6 4"/>'
        f'<text x="{right}" y="{level}" dy="-6" text-anchor="end" fill="#c33">cap {cap // MB} MB</text>'
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>'
        f'<text x="{left}" y="{bottom}">0 s</text>'
        f'<text x="{left + width}" y="{bottom}" text-anchor="end">{last:.0f} s</text>'
        f'<text x="{left + width / 2}" y="{bottom}" text-anchor="middle">resident memory, MB</text>'
        "</svg>\n"
    )


def summary(name: str, parts: int, watched: Watched) -> str:
    """One line for people."""
    return (
        f"{name}: {parts:,} parts, exit {watched.code}, {watched.seconds:.0f} s,"
        f" peak {watched.peak / MB:.0f} MB, second half grows {watched.growth * 60 / MB:+.2f} MB a minute"
    )


def main() -> None:
    """Measures the orders that are asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1_000_000)
    parser.add_argument("--cap", type=int, default=CAP // MB, help="in MB")
    parser.add_argument("--limit", choices=["DATA", "AS"], default="AS", help="which RLIMIT to set")
    parser.add_argument("orders", nargs="*", default=["even"], help=", ".join(ORDERS))
    asked = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in asked.orders:
        counts = orders(asked.parts)[name]
        watched, stored = measure(name, counts, limit=asked.limit, cap=asked.cap * MB)
        said = summary(name, stored, watched)
        print(said, flush=True)
        if watched.code != 0 or stored != sum(counts):
            print(f"  {sum(counts):,} parts were wanted: {watched.err.strip()[-500:]}", flush=True)
        picture = PICTURES / f"memory-{name}.svg"
        picture.write_text(draw(watched, said, asked.cap * MB))
        print(f"  -> {picture.relative_to(PICTURES.parents[1])}", flush=True)


if __name__ == "__main__":
    main()
