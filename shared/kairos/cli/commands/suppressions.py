"""`kairos suppressions …`: addresses that get nothing, whoever they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer(help="Addresses that get nothing, whoever they are.", rich_markup_mode=None)


@app.command("import")
@deployed
def import_suppressions(
    reach: Reach,
    file: Annotated[
        Path | None, typer.Argument(help="A list: an e-mail or phone in each line, and perhaps when it refused.")
    ] = None,
    from_sns: Annotated[
        bool, typer.Option("--from-sns", help="The numbers that answered STOP to SNS instead.")
    ] = False,
    channel: Annotated[str, typer.Option("--channel", help="Only this one of the address's channels.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="marketing, or all.")] = "marketing",
    source: Annotated[str, typer.Option("--source", help="Where they refused, for the ledger: 080, call-centre.")] = "",
    firm: Annotated[bool, typer.Option("--firm", help="No later consent lifts it.")] = False,
    at: Annotated[str | None, typer.Option("--at", help="When, where a line says none; else now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Stop addresses that refused elsewhere: a carrier's 080 number, a call centre, SNS. Again changes nothing."""
    from kairos.cli.customer import read_instant
    from kairos.cli.suppressions import Wish, import_file, import_from_sns

    if (file is None) is not from_sns:
        raise typer.BadParameter("give a file, or --from-sns")
    deployment = reach()
    wish = Wish(source or ("sns" if from_sns else "import"), channel, purpose, firm, read_instant(at), as_json)
    return import_file(deployment, file, wish) if file else import_from_sns(deployment, wish)


@app.command("export")
@deployed
def export_suppressions(
    reach: Reach,
    file: Annotated[Path, typer.Argument(help="Where to: .csv, else JSON Lines.")],
) -> int:
    """Write all stops, as keyed hashes that only a stack with the same key knows again; `kairos import` reads them."""
    from kairos.cli.export_people import Wish, export_people

    return export_people(reach(), Wish(file, "suppressions"))


@app.command("show")
@deployed
def show_suppressions(
    reach: Reach,
    address: Annotated[str, typer.Argument(help="An e-mail address or a phone number.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> int:
    """Say what is kept of an address itself, also after its person was erased."""
    from kairos.cli.suppressions import show_suppressions

    return show_suppressions(reach(), address, as_json=as_json)
