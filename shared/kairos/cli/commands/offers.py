"""`kairos offers …`: pools of coupon codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer(help="Coupon codes: put them into a pool, see how many are left.", rich_markup_mode=None)


@app.command("import")
@deployed
def import_codes(
    reach: Reach,
    offer: Annotated[str, typer.Argument(help="The offer's id, as brand.yaml names it.")],
    file: Annotated[Path, typer.Argument(help="A CSV file: a code in the first column of each line.")],
) -> int:
    """Put coupon codes into the pool of an offer; those that it has are passed over."""
    from kairos.cli.offers import import_codes

    return import_codes(reach(), offer, file)


@app.command("show")
@deployed
def show_offers(
    reach: Reach,
) -> int:
    """Say how many codes of each offer were given, and how many are left."""
    from kairos.cli.offers import show_offers

    return show_offers(reach())
