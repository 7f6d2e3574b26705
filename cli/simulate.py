"""`intercom-etl simulate`: a workspace to try things against, served until Ctrl-C."""

import errno
from typing import Annotated

import typer

from cli.output import Printer

Port = Annotated[
    int, typer.Option(min=0, max=65_535, metavar="PORT", help="Port on 127.0.0.1; 0 takes any free one.")
]
Seed = Annotated[
    int, typer.Option(min=0, max=99_999, metavar="N", help="Another seed gives another workspace.")
]
Contacts = Annotated[int, typer.Option(min=0, max=10_000_000, metavar="N", help="Contacts in the workspace.")]
Conversations = Annotated[
    int, typer.Option(min=0, max=10_000_000, metavar="N", help="Conversations in the workspace.")
]
Companies = Annotated[
    int, typer.Option(min=0, max=10_000_000, metavar="N", help="Companies in the workspace.")
]
Tickets = Annotated[int, typer.Option(min=0, max=10_000_000, metavar="N", help="Tickets in the workspace.")]
RateLimit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Requests allowed in ten seconds. [default: no limit]")
]
Latency = Annotated[float, typer.Option(min=0, max=60, metavar="SECONDS", help="Added to every answer.")]
Token = Annotated[str, typer.Option(metavar="TOKEN", help="The access token that it accepts.")]


def simulate(
    ctx: typer.Context,
    port: Port = 8787,
    seed: Seed = 1,
    contacts: Contacts = 400,
    conversations: Conversations = 300,
    companies: Companies = 60,
    tickets: Tickets = 50,
    rate_limit: RateLimit = None,
    latency: Latency = 0.0,
    token: Token = "simulator-token",  # noqa: S107 - opens nothing but this simulator
) -> None:
    """Serve a simulated workspace until Ctrl-C."""
    from cli.running import wait_for_signal
    from intercom_etl.demo import require_simulator
    from intercom_etl.errors import UsageError
    from intercom_etl.simulator.size import Size

    require_simulator()
    from intercom_etl.simulator.server import SimulatorServer
    from intercom_etl.simulator.workspace import Workspace

    printer: Printer = ctx.obj
    size = Size(contacts=contacts, conversations=conversations, companies=companies, tickets=tickets)
    workspace = Workspace(seed, size, token=token, rate_limit=rate_limit)
    server = SimulatorServer(workspace, port=port, latency=latency)
    try:
        server.start()
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        reason = "is in use" if busy else f"cannot be opened: {error.strerror}"
        raise UsageError(
            f"port `{port}` {reason}", "choose another one: `--port 0` takes any free one"
        ) from error
    try:
        printer.data(f"export INTERCOM_BASE_URL={server.url}")
        printer.data(f"export INTERCOM_ACCESS_TOKEN={token}")
        printer.talk(
            f"serving {conversations:,} conversations and {contacts:,} contacts; stop with Ctrl-C, "
            "and use the two lines above in another terminal"
        )
        wait_for_signal()
    finally:
        server.stop()
