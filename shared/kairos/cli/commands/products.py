"""`kairos products …`: what templates show of what is sold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer(help="What templates show of what you sell.", rich_markup_mode=None)


@app.command("import")
@deployed
def import_products(
    reach: Reach,
    file: Annotated[Path, typer.Argument(help="A CSV file with id, title, price, currency, url, image, category.")],
) -> int:
    """Put products in: events name them by id, and templates show their title, price, address and picture."""
    from kairos.cli.products import import_products

    return import_products(reach(), file)


@app.command("relate")
@deployed
def relate_products(
    reach: Reach,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Look without asking.")] = False,
) -> int:
    """Look at everybody, and say of each product which others were looked at with it."""
    from kairos.cli.products import relate_products

    return relate_products(reach(), yes=yes)
