"""Commands on what a marketer writes: check it, push it, make it live, look at it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.commands.options import Finish, Folder, GoneChoice, Replan
from kairos.cli.deployed import Reach, Yes, deployed

app = typer.Typer()


@app.command()
def validate(folder: Folder) -> None:
    """Check a brand's folder: every problem with file, line, and what would be right."""
    from kairos.cli.definitions import validate_folder

    raise typer.Exit(validate_folder(folder))


@app.command()
@deployed
def push(
    reach: Reach,
    folder: Folder,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and write nothing.")] = False,
) -> int:
    """Validate a folder and write it as drafts, showing what changed. Nothing goes live."""
    from kairos.cli.definitions import push_folder

    return push_folder(folder, reach, dry_run=dry_run)


@app.command()
@deployed
def publish(
    reach: Reach,
    ids: Annotated[list[str] | None, typer.Argument(help="Journeys, or template/ID, segment/ID, brand.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every draft.")] = False,
    replan: Replan = None,
    finish: Finish = None,
    gone: GoneChoice = "stay",
    yes: Yes = False,
) -> int:
    """Show what changes and who stands where, then make drafts live. A journey brings what it uses.

    Who is under way in a journey finishes in the version they entered, unless --replan takes them along.
    """
    from kairos.cli.difference import taking_along

    if bool(ids) == everything:
        raise typer.BadParameter("name what to publish, or say --all")
    chosen: dict[str, object] = {"all": True} if everything else {"ids": ids}
    along = taking_along(replan, finish, gone)
    return reach.send({"command": "publish", **chosen, **along}, yes=yes)


@app.command()
def schema(
    kind: Annotated[
        str | None, typer.Argument(help="brand, journey, segment or template; all of them if left out.")
    ] = None,
) -> None:
    """Print the JSON Schema of definitions, for editors."""
    from kairos.cli.definitions import print_schema

    raise typer.Exit(print_schema(kind))


@app.command()
@functools.partial(deployed, profile="--aws-profile")
def preview(
    reach: Reach,
    template: Annotated[str, typer.Argument(help="The template's id, as it stands in the drafts.")],
    customer: Annotated[
        str | None, typer.Option("--profile", help="A customer, as `show` finds them; else samples.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A JSON file with values for the blanks.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="A folder: e-mails are written into it, for a browser.")
    ] = None,
    marketing: Annotated[bool, typer.Option("--marketing", help="As class marketing.")] = False,
) -> int:
    """Show a template's message in every channel, for a real customer or with samples, and what the law packs add."""
    from kairos.cli.customer import find_customer
    from kairos.cli.preview import Preview, preview_template

    deployment = reach()
    found = find_customer(deployment, customer) if customer else None
    return preview_template(deployment, Preview(template, marketing, found, data, html))


@app.command("send-test")
@deployed
def send_test(
    reach: Reach,
    template: Annotated[str, typer.Argument(help="The template's id, as it stands in the drafts.")],
    to: Annotated[
        str, typer.Option("--to", help="Your e-mail address, phone number, apns:TOKEN or fcm:TOKEN; or webhook.")
    ] = "",
    seeds: Annotated[bool, typer.Option("--seeds", help="To everybody of the brand's `seeds`.")] = False,
    channel: Annotated[str, typer.Option("--channel", help="kakao, where a phone number is not meant for sms.")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="A JSON file with values for the blanks.")] = None,
    marketing: Annotated[
        bool, typer.Option("--marketing", help="With the label and opt-out of class marketing.")
    ] = False,
) -> int:
    """Send a template to yourself, marked [TEST]. It counts nowhere."""
    from kairos.cli.send_test import Test, send_test_message

    if bool(to) == seeds:
        raise typer.BadParameter("say either --to ADDRESS or --seeds")
    deployment = reach()
    return send_test_message(deployment, Test(template, to, data, marketing, channel))
