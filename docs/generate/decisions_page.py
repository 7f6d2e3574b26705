"""The list of decisions, from their titles."""

from pathlib import Path

from docs.generate.markdown import made_from

FOLDER = Path(__file__).parents[1] / "adr"


def decisions_page() -> str:
    """One line a decision."""
    text = "# Decisions\n\n" + made_from("the pages themselves")
    text += "\nWhat could have gone otherwise, and why it did not.\n\n"
    for page in sorted(FOLDER.glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        text += f"- [{title}]({page.name})\n"
    return text
