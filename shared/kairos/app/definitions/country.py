"""The public holidays of a country, by the `holidays` library, resolved when a release is built and never later.

Governments move holidays at short notice and versions of the library disagree about the near future, so a release
carries the table it was published with: what is live changes by publishing, not by an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable

from kairos.domain.errors import BadDefinition

LANGUAGE = "en_US"


def resolve_holidays(country: str, years: Iterable[int]) -> dict[str, str]:
    """Return the country's public holidays of those years as {ISO date: English name}.

    Several in one day are joined by "; ". Raises BadDefinition at the brand's `country` for an unknown one.
    """
    import holidays  # only publish and simulate pay for it

    try:
        table = holidays.country_holidays(country, years=sorted(years), language=LANGUAGE)
    except NotImplementedError as error:
        raise BadDefinition(
            ("country",), f"the holidays of {country!r} are not known: leave the country out"
        ) from error
    return {day.isoformat(): name for day, name in sorted(table.items())}
