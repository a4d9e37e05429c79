"""Commands for who keeps a deployment: bring back what failed, examine it, run it here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer()


@app.command()
@deployed
def redrive(
    reach: Reach,
    queues: Annotated[list[str] | None, typer.Argument(help="Which dead-letter queues; all if left out.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Only those whose reason contains this.")] = "",
    show_only: Annotated[bool, typer.Option("--list", help="Show what waits and why, and change nothing.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Bring back whatever waits, wherever it is.")] = False,
) -> int:
    """Bring back what could not be done, once its cause is mended. Look first: `kairos redrive --list`."""
    from kairos.cli import redrive as command

    choice = command.choose(queues or [], reason)
    if not show_only and not (queues or reason or everything):
        raise typer.BadParameter("name a queue or a --reason, or say --all; --list shows what waits")
    act = command.list_letters if show_only else command.redrive
    return act(reach(), choice)


@app.command()
@deployed
def doctor(
    reach: Reach,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Say what is wrong with a deployment, and what to do about it. Changes nothing; exit code 1 if anything is."""
    from kairos.cli.doctor import examine_deployment

    return examine_deployment(reach(), as_json=as_json)


@app.command()
def local(
    port: Annotated[int, typer.Option("--port", help="Where to listen on localhost.")] = 4010,
    folder: Annotated[Path | None, typer.Option("--brand", help="A brand's folder to push and publish first.")] = None,
) -> None:
    """Serve the whole cloud on localhost, with a page of all messages sent."""
    from kairos.cli.local import serve_locally

    raise typer.Exit(serve_locally(port, folder))
