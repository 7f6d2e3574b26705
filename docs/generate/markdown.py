"""What generated pages have in common."""

PROGRAM = "intercom-etl"


def made_from(source: str) -> str:
    """The line that keeps people from editing the page."""
    return f"<!-- Made by `make docs`: edit {source}, not this page. -->\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
