"""Commands that bring people in, write them out, and forget them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer()


@app.command("import")
@deployed
def import_file(
    reach: Reach,
    file: Annotated[Path, typer.Argument(help="People, consents and refusals: CSV, or JSON Lines (.jsonl).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read all of it, say what is wrong, send nothing.")
    ] = False,
    trait: Annotated[list[str] | None, typer.Option("--trait", help="A further column that becomes a trait.")] = None,
    rename: Annotated[list[str] | None, typer.Option("--map", help="THEIRS=OURS: what a column means.")] = None,
    customers_of: Annotated[
        str, typer.Option("--customers-of", help="Whose ids customer_id holds: SOURCE/CONNECTION, as shopify/main.")
    ] = "",
    consented_at: Annotated[
        str | None, typer.Option("--consented-at", help="When those agreed who have a yes without a time.")
    ] = None,
    basis: Annotated[str, typer.Option("--basis", help="On what ground, where a row says none.")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="When the file was true; else when it was last changed.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="utf-8, cp949, utf-16; else it is found out.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Whose phone numbers lack a +, if not the brand's.")
    ] = None,
    connection: Annotated[str, typer.Option("--connection", help="The connection it comes by.")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
) -> int:
    """Bring people, their consents and refusals along from a file. Starts nothing; again changes nothing."""
    from kairos.cli.import_people import Wish, import_people

    wish = Wish(
        file,
        dry_run=dry_run,
        traits=tuple(trait or ()),
        renamed=tuple(rename or ()),
        customers_of=customers_of,
        consented_at=consented_at,
        basis=basis,
        as_of=as_of,
        encoding=encoding,
        country=country,
        connection=connection,
        as_json=as_json,
    )
    return import_people(reach(), wish)


@app.command()
@deployed
def export(
    reach: Reach,
    file: Annotated[Path, typer.Argument(help="Where to write: CSV where it ends in .csv, else JSON Lines.")],
    what: Annotated[
        str | None, typer.Option("--what", help="profiles, consents or suppressions; else states to simulate with.")
    ] = None,
    contacts: Annotated[bool, typer.Option("--contacts", help="With names and addresses.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", help="Everything of one person, names and addresses too, as JSON.")
    ] = None,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="About so many states; else all.")] = None,
) -> int:
    """Write profiles, consents or stops, or everything of one person; else pseudonymous states to simulate with."""
    if sum(given is not None for given in (what, person, sample)) > 1 or (contacts and what is None):
        raise typer.BadParameter("say one of --what, --person and --sample; --contacts goes with --what")
    deployment = reach()
    if person is not None:
        from kairos.cli.export_people import export_person

        return export_person(deployment, file, person)
    if what is not None:
        from kairos.cli.export_people import Wish, export_people

        return export_people(deployment, Wish(file, what, contacts))
    from kairos.cli.customer_states import export_states

    return export_states(deployment, file, sample)


@app.command()
@deployed
def erase(
    reach: Reach,
    people: Annotated[
        list[str] | None, typer.Argument(help="E-mails, phones, SOURCE/CONNECTION:CUSTOMER_ID, or profile ids.")
    ] = None,
    requested: Annotated[
        bool, typer.Option("--requested", help="Whoever a source asked to be forgotten (Shopify's customers/redact).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
) -> int:
    """Erase people, everywhere: profile, contacts, identities, messages. Stops stay, as keyed hashes."""
    from kairos.cli.erase import Wish, erase_people

    if not people and not requested:
        raise typer.BadParameter("name somebody, or say --requested")
    wish = Wish(tuple(people or ()), requested, yes, as_json)
    return erase_people(reach(), wish)
