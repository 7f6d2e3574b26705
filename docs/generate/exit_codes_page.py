"""Every exit code."""

from docs.generate.markdown import made_from, table
from intercom_etl.exit_codes import MEANINGS


def exit_codes_page() -> str:
    """Every exit code."""
    text = "# Exit codes\n\n" + made_from("`intercom_etl/exit_codes.py`")
    text += (
        "\nA code tells a script what to do next; they do not change within a major version. Take an unknown "
        "one for a failure. 75, 77 and 78 are those of `sysexits.h`.\n\nThe run's row in `etl.run` records "
        "the same code, with two exceptions: `verify` that found differences records 4, and ends with 0 "
        "without `--exit-code`; `sync --skip-if-locked` that found another run at work records 11, and ends "
        "with 0.\n\n"
    )
    return text + table(
        ("code", "name", "meaning"),
        [(str(int(code)), code.name.lower().replace("_", " "), text) for code, text in MEANINGS.items()],
    )
