"""`offers import` and `offers show`: codes go into a pool, and how pools stand."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen
from kairos.domain.document import ID_FORM
from kairos.domain.offer import read_code

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

HEADINGS = frozenset({"code", "codes", "coupon", "coupon_code", "쿠폰번호", "쿠폰코드", "코드"})


def import_codes(deployment: Deployment, offer: str, file: Path) -> int:
    """Put the codes of a file into an offer's pool: the first column, one a line. Raises CannotDo, Unavailable.

    A file imported again adds what is new in it: codes that the pool has are passed over.
    """
    if not ID_FORM.fullmatch(offer):
        raise CannotDo("an offer's id has lower-case letters, digits, - and _, at most 64")
    codes = list(_read(file))
    new = deployment.pools.add(offer, codes)
    pool, screen = deployment.pools.standing(offer), open_screen()
    screen.print(
        f"{new:,} new codes of {len(codes):,} read; {offer} has {pool.size - pool.given:,} left", style="green"
    )
    if offer not in (_live_offers(deployment) or [offer]):
        screen.print(f"the live brand.yaml has no offer {offer}: templates cannot give these yet", style="yellow")
    return 0


def show_offers(deployment: Deployment) -> int:
    """Print how the pool of each live offer stands."""
    screen = open_screen()
    for offer in _live_offers(deployment):
        pool = deployment.pools.standing(offer)
        screen.print(f"{offer}: {pool.given:,} given, {pool.size - pool.given:,} left")
    return 0


def _live_offers(deployment: Deployment) -> list[str]:
    pointer = deployment.releases.pointer()
    bundle = deployment.releases.bundle(pointer.release) if pointer else {"brand": {}}
    return sorted(bundle["brand"].get("offers") or {})


def _read(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                cell = row[0].strip() if row else ""
                if not cell or (number == 1 and cell.casefold() in HEADINGS):
                    continue
                try:
                    yield read_code(cell)
                except ValueError:
                    raise CannotDo(f"{file}, line {number}: no code of at most 64 characters without blanks") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CannotDo(f"{file} cannot be read as CSV in UTF-8: {type(error).__name__}") from error
