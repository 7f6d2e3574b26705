"""`make screens`: writes the screens into the pages; `--check` tells which page shows something else."""

import difflib
import re
import sys
from pathlib import Path

from docs.screens.story import screens

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"(<!-- screen: ([a-z-]+) -->\n).*?(<!-- end of screen -->)", re.DOTALL)


def main() -> int:
    """1 when a page is stale, names a screen that does not exist, or a screen is on no page."""
    found, shown = screens(), set[str]()
    stale: list[str] = []
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        names = [name for _, name, _ in MARK.findall(text)]
        shown.update(names)
        if unknown := set(names) - set(found):
            print(f"screens: {page.name} shows `{min(unknown)}`, which nothing records", file=sys.stderr)
            return 1
        new = MARK.sub(lambda mark: f"{mark[1]}```console\n{found[mark[2]]}```\n{mark[3]}", text)
        if new != text:
            stale.append(page.relative_to(ROOT).as_posix())
            _write_or_tell(page, text, new)
    if unused := set(found) - shown:
        print(f"screens: on no page: {', '.join(sorted(unused))}", file=sys.stderr)
        return 1
    return 1 if stale and "--check" in sys.argv[1:] else 0


def _write_or_tell(page: Path, text: str, new: str) -> None:
    name = page.relative_to(ROOT).as_posix()
    if "--check" not in sys.argv[1:]:
        page.write_text(new, encoding="utf-8")
        print(f"screens: wrote {name}")
        return
    print(f"screens: {name} shows something else; hint: make screens", file=sys.stderr)
    for line in difflib.unified_diff(text.splitlines(), new.splitlines(), "page", "run", n=1, lineterm=""):
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
