"""What `--help` says, of every command."""

from typer.testing import CliRunner

from cli.app import app
from docs.generate.command_tree import commands
from docs.generate.markdown import PROGRAM, made_from


def cli_page() -> str:
    """`--help` of every command."""
    text = "# Commands\n\n" + made_from("`cli/`")
    text += (
        "\nData go to stdout, talk and progress to stderr. [Exit codes](exit-codes.md) say how it ended, "
        "[the documents of `--json`](json.md) what is in them.\n"
    )
    for words, _ in commands():
        text += f"\n## {' '.join((PROGRAM, *words))}\n\n```text\n{_help(words)}\n```\n"
    return text


def _help(words: tuple[str, ...]) -> str:
    plain = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner().invoke(app, [*words, "--help"], prog_name=PROGRAM, env=plain, terminal_width=100)
    if result.exit_code != 0:
        raise SystemExit(f"`{' '.join(words)} --help` failed: {result.output}")
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())
