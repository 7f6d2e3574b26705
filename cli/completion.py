"""`intercom-etl completion`: what the Tab key has to know.

The script of a shell only asks this program: what follows from it is never older than the program. Where
there is no offer the shell completes names of files, and where the program ends with an error it does not.
"""

import os
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Annotated, Literal

import typer

from cli.output import Printer

VARIABLE = "_INTERCOM_ETL_COMPLETE"  # typer's name for it; a shell asks with it

_BASH = """\
_intercom_etl() {
    local IFS=$'\\n'
    COMPREPLY=($(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
        _INTERCOM_ETL_COMPLETE=complete_bash "$1" 2>/dev/null)) || compopt +o default 2>/dev/null
}
complete -o default -F _intercom_etl intercom-etl"""

_ZSH = """\
#compdef intercom-etl
_intercom_etl() {
    local asked="${words[1,$CURRENT]}"
    local -a answer
    answer=($(_TYPER_COMPLETE_ARGS="$asked" _INTERCOM_ETL_COMPLETE=complete_zsh "${words[1]}" 2>/dev/null)) &&
        eval $answer
}
if [ "$funcstack[1]" = _intercom-etl ]; then
    _intercom_etl "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _intercom_etl intercom-etl
fi"""

_FISH = """\
function __intercom_etl_ask
    set -lx _INTERCOM_ETL_COMPLETE complete_fish
    set -lx _TYPER_COMPLETE_FISH_ACTION get-args
    set -lx _TYPER_COMPLETE_ARGS (commandline -cp)
    set -g __intercom_etl_offers (intercom-etl 2>/dev/null | string match -v '')
    test $pipestatus[1] -ne 0 -o (count $__intercom_etl_offers) -gt 0
end
complete -c intercom-etl -n __intercom_etl_ask -f -a '$__intercom_etl_offers'"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

Shell = Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]


def completion(ctx: typer.Context, shell: Shell) -> None:
    """Print the script that completes commands, options and streams.

    It writes nothing anywhere. In ~/.bashrc: eval "$(intercom-etl completion bash)"
    """
    printer: Printer = ctx.obj
    for line in SCRIPTS[shell].splitlines():
        printer.data(line)


def answer_shells() -> None:
    """Lets typer answer when it is a shell that asks; without this it knows none."""
    if VARIABLE in os.environ:
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()


def no_names() -> list[str]:
    """For what is neither known to the program nor the name of a file. Ends the program."""
    raise SystemExit(1)


def stream_names() -> list[str]:
    """The names of all streams, without loading any: who presses Tab does not wait."""
    package = find_spec("intercom_etl")
    folders = package.submodule_search_locations if package else None
    return sorted(module.name for module in iter_modules([f"{folder}/streams" for folder in folders or ()]))
