"""Whether a built site loads anything from another machine: `python -m docs.site.check build/site`."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

# what a browser fetches by itself; a link that somebody has to click is none of it
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
UNLOADED = {"canonical", "next", "prev", "search", "index", "author", "license"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    """Collects the foreign addresses of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Looks at what the tag loads."""
        values = dict(attrs)
        address = values.get(LOADED.get(tag, "")) or ""
        if re.match(r"(?:https?:)?//", address) and values.get("rel") not in UNLOADED:
            self.foreign.append(address)


def foreign_addresses(folder: Path) -> list[str]:
    """`page: address` for whatever pages and styles load from elsewhere."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            page = _Page()
            page.feed(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(folder)}: {address}" for address in page.foreign]
        if path.suffix in (".html", ".css"):
            addresses = IN_STYLES.findall(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(folder)}: {address}" for address in addresses]
    return found


def main() -> int:
    """1 when something is loaded from elsewhere, or there is no site."""
    folder = Path(sys.argv[1])
    if not list(folder.rglob("*.html")):
        print(f"site: no pages in {folder}", file=sys.stderr)
        return 1
    foreign = foreign_addresses(folder)
    for line in foreign:
        print(f"site: loads from another machine: {line}", file=sys.stderr)
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
