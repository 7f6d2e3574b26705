"""Every setting, as a page and as a file to be copied."""

from collections.abc import Iterator

from docs.generate.markdown import made_from, table
from intercom_etl.settings import Settings

# What an example shows where nothing is set.
EXAMPLES = {"DATABASE_URL": "postgresql://user:password@localhost:5432/intercom"}


def settings_page() -> str:
    """Every knob."""
    text = "# Settings\n\n" + made_from("`intercom_etl/settings.py`")
    text += (
        "\nA flag of the command line wins over the environment, that over a file `.env` in the folder where "
        "the command runs, that over the default. An empty value counts as unset. "
        "[`.env.example`](../.env.example) has them all, ready to be copied.\n\n"
    )
    return text + table(
        ("setting", "default", "what it does"),
        [(f"`{name}`", f"`{default}`" if default else "unset", what) for name, default, what in _settings()],
    )


def env_example() -> str:
    """The same as a file to be copied."""
    text = "# Copy this file to `.env`, and uncomment what you want to change. Made by `make docs`.\n"
    for name, default, what in _settings():
        text += f"\n# {what}\n#{name}={default or EXAMPLES.get(name, '')}\n"
    return text


def _settings() -> Iterator[tuple[str, str, str]]:
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise SystemExit(f"setting `{name}` has no description")
        yield name.upper(), "" if field.default is None else str(field.default), field.description
