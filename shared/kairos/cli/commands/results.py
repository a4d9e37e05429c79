"""Commands that tell what came of marketing, or would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.commands.options import Folder, JourneyId
from kairos.cli.deployed import Reach, deployed

app = typer.Typer()


@app.command()
@deployed
def results(
    reach: Reach,
    journey: JourneyId,
    days: Annotated[int, typer.Option("--days", help="How many of the brand's days, with today.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Say what came of a journey: in all, by step, by day, and why not; true within two minutes."""
    from kairos.cli.results import results_command

    deployment = reach()
    return results_command(deployment, journey, days, as_json=as_json)


@app.command("experiments")
@deployed
def experiments_of_brand(
    reach: Reach,
    days: Annotated[int, typer.Option("--days", help="How many of the brand's days, with today.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Say what marketing changed: all of it, each journey and each arm of an experiment, against who got none of it."""
    from kairos.cli.comparisons import experiments_command

    return experiments_command(reach(), days, as_json=as_json)


@app.command()
def simulate(
    folder: Folder,
    events: Annotated[Path | None, typer.Argument(help="Events, one JSON object a line.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="Customers to begin with: see `kairos export`.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Another brand's folder, or live (of --state): what differs.")
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="By day, journey and channel, instead of each.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write a picture of messages over time there.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Tell decisions from this instant (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Live until this instant (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Live through events with a brand's folder, without AWS, and tell what would be sent, and why not."""
    from kairos.cli.simulate import simulate_command

    more = {"states": state, "against": against, "summary": summary, "picture": svg}
    raise typer.Exit(simulate_command(folder, events, since, until, as_json=as_json, **more))
