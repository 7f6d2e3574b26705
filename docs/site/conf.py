"""The documentation as a website: `make site`, from the root of the repository.

Furo, since it loads nothing from other machines and its search needs no server.
"""

from typing import Any

from docs.site.pages import for_site

project = "intercom-etl"
html_title = "intercom-etl"
extensions = ["myst_parser"]
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"

# README, CONTRIBUTING and CHANGELOG are pages too, where the links between all of them say they are
root_doc = "docs/README"
include_patterns = ["docs/**", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
exclude_patterns = [
    ".*",
    "build",
    "cli",
    "intercom_etl",
    "man",
    "sql",
    "tests",
    "docs/site",
    "**/__pycache__",
]
html_extra_path = ["root"]

myst_heading_anchors = 4  # as GitHub makes them
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
suppress_warnings = ["misc.highlighting_failure"]  # cron is no language that it knows


def _prepare(_app: object, name: str, source: list[str]) -> None:
    source[0] = for_site(name, source[0])


def setup(app: Any) -> None:
    """Sphinx calls it."""
    app.connect("source-read", _prepare)
