"""What pages and messages point at exists: files, commands, settings, targets of make."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.app import app
from docs.site.check import foreign_addresses
from docs.site.pages import for_site
from intercom_etl.exit_codes import ExitCode
from intercom_etl.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted(
    [*(ROOT / "cli").rglob("*.py"), *(ROOT / "intercom_etl").rglob("*.py"), *(ROOT / "sql").rglob("*.sql")]
)
TEXTS = [*PAGES, *SOURCES, ROOT / "Makefile", ROOT / ".env.example"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands() -> set[str]:
    def walk(command: Any, words: tuple[str, ...]) -> set[str]:
        found = {" ".join(words)}
        for name, inner in getattr(command, "commands", {}).items():
            found |= walk(inner, (*words, name))
        return found

    return walk(typer.main.get_command(app), ())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_decisions_that_comments_name_exist(path: Path) -> None:
    for number in re.findall(r"docs/adr/(\d{4})", path.read_text()):
        assert list((ROOT / "docs" / "adr").glob(f"{number}-*.md")), number


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_commands_that_texts_name_exist(path: Path) -> None:
    known = {words.split(" ")[0] for words in commands()}
    for word in re.findall(r"(?:`|^|\$ )intercom-etl ([a-z][a-z-]*)", path.read_text(), re.MULTILINE):
        assert word in known


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_settings_that_texts_name_exist(path: Path) -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name in re.findall(r"\bINTERCOM_[A-Z_]+[A-Z]\b", path.read_text()):
        assert name in known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_targets_that_pages_name_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(), re.MULTILINE):
        assert target in known


def test_every_page_is_in_the_navigation() -> None:
    index = ROOT / "docs" / "README.md"
    listed: set[Path] = {index}
    for tree in re.findall(r"```{toctree}\n(.*?)```", index.read_text(), re.DOTALL):
        for line in tree.splitlines():
            if line and not line.startswith(":"):
                listed |= {
                    path.resolve()
                    for path in index.parent.glob(f"{line}.md" if "*" in line else line + ".md")
                }
    assert {page for page in PAGES if page not in listed} == set()


def test_what_a_site_would_load_from_elsewhere_is_found(tmp_path: Path) -> None:
    page = (
        '<script src="https://cdn.example.com/x.js"></script><link rel="icon" href="//fonts.example.com/y">'
    )
    (tmp_path / "index.html").write_text(page + '<a href="https://example.com">a link</a><img src="own.png">')
    (tmp_path / "style.css").write_text(
        "@import url(https://fonts.example.com/z); a {background: url(own.png)}"
    )
    assert foreign_addresses(tmp_path) == [
        "index.html: https://cdn.example.com/x.js",
        "index.html: //fonts.example.com/y",
        "style.css: https://fonts.example.com/z",
    ]


def test_every_target_of_make_is_in_its_help() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):(.*)$", text, re.MULTILINE)
    assert [name for name, rest in targets if " ## " not in rest] == []


def test_the_readme_names_every_command() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z]+)`", row)}
    assert {words.split(" ")[0] for words in commands()} - {""} == named


def test_the_site_has_a_table_where_it_cannot_draw() -> None:
    pages = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in PAGES}
    drawn = [name for name, path in pages.items() if "```mermaid" in path.read_text()]
    assert drawn == ["docs/schema"]
    shown = for_site("docs/schema", pages["docs/schema"].read_text())
    assert "mermaid" not in shown
    assert "erDiagram" not in shown
    [row] = re.findall(r"^\| \[conversation_parts\].*", shown, re.MULTILINE)
    assert "[conversations](#intercomconversations) (`conversation_id`)" in row
    assert set(re.findall(r"\]\(#(\w+)\)", shown)) <= anchors(pages["docs/schema"])


def test_the_search_of_the_site_finds_exit_codes_by_their_numbers() -> None:
    shown = for_site("docs/exit-codes", (ROOT / "docs" / "exit-codes.md").read_text())
    [entries] = re.findall(r"^```\{index\} (.*)\n```$", shown, re.MULTILINE)
    assert {int(code) for code in re.findall(r"(?:^|, )(\d+)(?=,|$)", entries)} == {*ExitCode}
    assert shown.startswith("# Exit codes\n")
