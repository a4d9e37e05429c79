"""Commands on what is live: pause, resume, go back, stop, learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.commands.options import Finish, GoneChoice, JourneyId, Replan
from kairos.cli.deployed import Reach, Yes, deployed

app = typer.Typer()
Overdue = Annotated[
    str | None,
    typer.Option(
        "--overdue",
        help="send: what fell due goes out now; skip: it does not; replan: waits go on with what was left of them.",
    ),
]


@app.command()
@deployed
def pause(
    reach: Reach,
    journey: JourneyId,
) -> int:
    """Let a journey stand still: nobody enters it, nothing of it is sent."""
    return reach.send({"command": "pause", "id": journey})


@app.command()
@deployed
def resume(
    reach: Reach,
    journey: JourneyId,
    overdue: Overdue = None,
    yes: Yes = False,
) -> int:
    """Let a paused journey go on, and say what becomes of what fell due meanwhile."""
    from kairos.cli.live import choose_overdue

    request = {"command": "resume", "id": journey, "overdue": choose_overdue(overdue)}
    return reach.send(request, yes=yes)


@app.command()
@deployed
def rollback(
    reach: Reach,
    replan: Replan = None,
    finish: Finish = None,
    gone: GoneChoice = "stay",
    yes: Yes = False,
) -> int:
    """Go back to what was live before. What is paused or stopped stays so; --replan takes people back too."""
    from kairos.cli.difference import taking_along

    return reach.send({"command": "rollback", **taking_along(replan, finish, gone)}, yes=yes)


@app.command("stop-all")
@deployed
def stop_all(
    reach: Reach,
) -> int:
    """Stop every journey and every message, within seconds."""
    return reach.send({"command": "stop-all"})


@app.command("start-all")
@deployed
def start_all(
    reach: Reach,
    overdue: Overdue = None,
    yes: Yes = False,
) -> int:
    """Lift the full stop, and say what becomes of what fell due meanwhile; paused journeys stay paused."""
    from kairos.cli.live import choose_overdue

    request = {"command": "start-all", "overdue": choose_overdue(overdue)}
    return reach.send(request, yes=yes)


@app.command("lift-stop")
@deployed
def lift_stop(
    reach: Reach,
    channel: Annotated[str, typer.Argument(help="The channel, email.")],
) -> int:
    """Let marketing go again that was stopped because too many recipients reported it as spam."""
    from kairos.cli.lift_stop import lift_stop

    return lift_stop(reach(), channel)


@app.command()
@deployed
def learn(
    reach: Reach,
    orders: Annotated[
        Path | None, typer.Option("--orders", help="Learn rhythms from this CSV instead: customer,at; .gz too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and change nothing.")] = False,
) -> int:
    """Learn what all customers are like from a sample of them, and make it live where it foretells better."""
    from kairos.cli.learn import learn_priors

    return learn_priors(reach(), orders, dry_run=dry_run)
