"""`kairos walks …`: passes over many customers."""

from __future__ import annotations

from typing import Annotated

import typer

from kairos.cli.deployed import Reach, Yes, deployed

app = typer.Typer(help="Passes over many customers: list them, confirm or stop one.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
@deployed
def list_walks(
    reach: Reach,
) -> int | None:
    """List walks, the newest first: what about, how far, how fast, and what went wrong."""
    if reach.context.invoked_subcommand is not None:
        return None
    from kairos.cli.walks import list_walks

    return list_walks(reach())


@app.command("confirm")
@deployed
def confirm_walk(
    reach: Reach,
    walk: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    yes: Yes = False,
) -> int:
    """Let a broadcast begin at its date and time. Without this word it starts nobody."""
    return reach.send({"command": "confirm", "id": walk}, yes=yes)


@app.command("stop")
@deployed
def stop_walk(
    reach: Reach,
    walk: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
) -> int:
    """Stop a walk. Whom it has reached, it has reached."""
    from kairos.cli.walks import stop_walk

    return stop_walk(reach(), walk)
