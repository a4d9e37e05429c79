"""Commands that reach many customers at once, or enter those that are named."""

from __future__ import annotations

from typing import Annotated

import typer

from kairos.cli.commands.options import JourneyId
from kairos.cli.deployed import Reach, Yes, deployed

app = typer.Typer()
Properties = Annotated[
    list[str] | None, typer.Option("--property", help="A property of the event: name=value (numbers are numbers).")
]


@app.command()
@deployed
def broadcast(
    reach: Reach,
    journey: JourneyId,
    segment: Annotated[str | None, typer.Option("--segment", help="Only those in this segment.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Though the same was broadcast within the hour.")] = False,
    yes: Yes = False,
) -> int:
    """Start a journey that says `trigger: broadcast` for everybody, or for those in a segment."""
    request: dict[str, object] = {"command": "broadcast", "id": journey, "segment": segment, "again": again}
    return reach.send(request, yes=yes)


@app.command()
@deployed
def signal(
    reach: Reach,
    name: Annotated[str, typer.Argument(help="The event's name, such as rain_started.")],
    segment: Annotated[str | None, typer.Option("--segment", help="Only for those in this segment.")] = None,
    where: Annotated[str | None, typer.Option("--where", help="Only for whom this condition holds (YAML).")] = None,
    properties: Properties = None,
    fresh_for: Annotated[
        str | None, typer.Option("--fresh-for", help="Who is reached later hears nothing: 2h.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="The same id again is the same signal.")] = None,
    yes: Yes = False,
) -> int:
    """Tell everybody, or those in a segment or region, of something that happens now: one event for each."""
    from kairos.cli.many import read_condition, read_properties

    request: dict[str, object] = {"command": "signal", "id": name, "segment": segment, "signal": id}
    request |= {"fresh_for": fresh_for, "properties": read_properties(properties or [])}
    request |= {"where": read_condition(where)} if where is not None else {}
    return reach.send(request, yes=yes)


@app.command()
@deployed
def enter(
    reach: Reach,
    journey: JourneyId,
    customers: Annotated[list[str], typer.Argument(help="Profile ids, e-mails, phones, or the shop's own ids.")],
    properties: Properties = None,
) -> int:
    """Start a journey for the customers you name, under its own rules for re-entry, holdout and caps."""
    from kairos.cli.many import enter_customers, read_properties

    deployment = reach()
    return enter_customers(deployment, journey, customers, read_properties(properties or []))
