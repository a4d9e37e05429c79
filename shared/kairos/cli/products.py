"""`products import` and `products relate`: what templates show of what a shop sells, and what is looked at together."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.channels.web import is_web_address
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

COLUMNS = ("id", "title", "price", "currency", "url", "image", "category")
ID_CHARACTERS_MAX, TEXT_CHARACTERS_MAX = 100, 2_000


def import_products(deployment: Deployment, file: Path) -> int:
    """Put the products of a file in, each in the place of what was known of it. Raises CannotDo, Unavailable."""
    products = list(_read(file))
    screen = open_screen()
    screen.print(f"{deployment.catalogue.put(products):,} products", style="green")
    return 0


def relate_products(deployment: Deployment, *, yes: bool = False) -> int:
    """Look at everybody, and say of each product which others were looked at with it. Raises Unavailable."""
    from kairos.app.related import everybody, related
    from kairos.cli.walks import agreed_to_look

    if not agreed_to_look(deployment, "everybody, for what was looked at together", yes=yes):
        return WRONG
    found = related(everybody(deployment.scan))
    known = deployment.catalogue.relate(found)
    open_screen().print(f"{known:,} products have others that were looked at with them", style="green")
    return 0


def _read(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            headings = [name.strip() for name in rows.fieldnames or ()]
            if not {"id", "title"} <= set(headings):
                raise CannotDo(f"{file}: the first line names the columns: id, title, and of {', '.join(COLUMNS[2:])}")
            for number, row in enumerate(rows, 2):
                yield _product({str(key).strip(): value for key, value in row.items()}, f"{file}, line {number}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CannotDo(f"{file} cannot be read as CSV in UTF-8: {type(error).__name__}") from error


def _product(row: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    said = {name: text.strip() for name in COLUMNS if isinstance(text := row.get(name), str) and text.strip()}
    id = said.pop("id", "")
    if not 0 < len(id) <= ID_CHARACTERS_MAX or not said.get("title"):
        raise CannotDo(f"{where}: a product has an id of at most {ID_CHARACTERS_MAX} characters, and a title")
    if any(len(text) > TEXT_CHARACTERS_MAX for text in said.values()):
        raise CannotDo(f"{where}: at most {TEXT_CHARACTERS_MAX} characters in a column")
    for name in ("url", "image"):
        if name in said and not is_web_address(said[name]):
            raise CannotDo(f"{where}: {name} is no address of http or https")
    return id, said
