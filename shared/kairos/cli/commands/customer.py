"""Commands on one customer: what was decided, what comes, what is known, what was agreed to."""

from __future__ import annotations

from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer()
Customer = Annotated[str, typer.Argument(help="A profile id, e-mail, phone, or the shop's own customer id.")]


@app.command()
@deployed
def explain(
    reach: Reach,
    customer: Customer,
    journey: Annotated[str | None, typer.Option("--journey", help="Only of this journey.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="As it stood at this instant (ISO 8601), or what will come until then.")
    ] = None,
    back: Annotated[
        str | None, typer.Option("--back", help="How far before a past --at the archive is read, as 7d; else 1d.")
    ] = None,
) -> int:
    """Say what was decided for a customer lately, and why; and what will come if nothing happens."""
    from kairos.cli.customer import find_customer, read_instant
    from kairos.cli.explain import explain_customer
    from kairos.cli.past import read_back

    deployment = reach()
    found = find_customer(deployment, customer)
    return explain_customer(deployment, found, journey, read_instant(at), read_back(back))


@app.command("map")
@deployed
def timing_map(
    reach: Reach,
    customer: Customer,
    days: Annotated[int, typer.Option("--days", min=1, max=732, help="How far ahead.")] = 90,
) -> int:
    """Show a customer's timing map: moments to come, what is planned around each, and what would be held or dropped."""
    from kairos.cli.customer import find_customer
    from kairos.cli.timing_map import map_customer

    deployment = reach()
    return map_customer(deployment, find_customer(deployment, customer), days)


@app.command()
@deployed
def show(
    reach: Reach,
    customer: Customer,
    contacts: Annotated[bool, typer.Option("--contacts", help="Show name and addresses too.")] = False,
) -> int:
    """Show a customer as the engine sees them: traits, consents, entries, journeys, and what comes next."""
    from kairos.cli.customer import find_customer
    from kairos.cli.show import show_customer

    deployment = reach()
    return show_customer(deployment, find_customer(deployment, customer), contacts=contacts)


@app.command()
@deployed
def consents(
    reach: Reach,
    customer: Customer,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Show what a customer agreed to, on which ground, and which rule keeps marketing from each channel now."""
    from kairos.cli.consents import consents_command
    from kairos.cli.customer import find_customer

    deployment = reach()
    return consents_command(deployment, find_customer(deployment, customer), as_json=as_json)
