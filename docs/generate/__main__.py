"""`make docs`: writes the pages; `--check` says which are stale."""

import sys
from collections.abc import Callable
from pathlib import Path

from docs.generate.commands_page import cli_page
from docs.generate.decisions_page import decisions_page
from docs.generate.exit_codes_page import exit_codes_page
from docs.generate.man_pages import man_pages
from docs.generate.schema_page import schema_page
from docs.generate.settings_page import env_example, settings_page
from docs.generate.streams_page import streams_page

ROOT = Path(__file__).parents[2]
PAGES: dict[str, Callable[[], str]] = {
    "docs/streams.md": streams_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/cli.md": cli_page,
    "docs/settings.md": settings_page,
    ".env.example": env_example,
    "docs/adr/README.md": decisions_page,
    "docs/schema.md": schema_page,
}
# a folder that holds these files and no others
MAN = "man"


def main() -> int:
    """Writes or compares all pages; 1 when one is stale."""
    check = "--check" in sys.argv[1:]
    texts = {name: make() for name, make in PAGES.items()}
    texts |= {f"{MAN}/{name}": text for name, text in man_pages().items()}
    stale = [name for name, text in texts.items() if _read(name) != text]
    old = [
        f"{MAN}/{path.name}" for path in sorted((ROOT / MAN).glob("*")) if f"{MAN}/{path.name}" not in texts
    ]
    if check and (stale or old):
        print(f"docs: stale: {', '.join([*stale, *old])}; hint: make docs", file=sys.stderr)
        return 1
    for name in stale:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(texts[name], encoding="utf-8")
        print(f"docs: wrote {name}")
    for name in old:
        (ROOT / name).unlink()
        print(f"docs: removed {name}")
    return 0


def _read(name: str) -> str | None:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
