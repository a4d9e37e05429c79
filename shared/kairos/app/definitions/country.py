"""The public holidays of a country, by the `holidays` library, resolved when a release is built and never later.

Governments move holidays at short notice and versions of the library disagree about the near future, so a release
carries the table it was published with: what is live changes by publishing, not by an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from kairos.domain.errors import BadDefinition

LANGUAGE = "en_US"
ESTIMATED = " (estimated)"
"""What the library writes behind a feast that waits for the moon to be seen; nobody means it by its name."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Feast:
    """One holiday by one name. `key` is the day it keeps being filed under when it is moved."""

    day: date
    name: str
    key: str


def resolve_holidays(country: str, years: Iterable[int], subdivision: str | None = None) -> dict[str, str]:
    """Return the country's public holidays of those years as {ISO date: English name}.

    Several in one day are joined by "; ". Raises BadDefinition at the brand's `country` for an unknown one.
    """
    table = _library(country, subdivision, tuple(sorted(years)))
    return {day.isoformat(): name for day, name in sorted(table.items())}


def resolve_feasts(country: str, years: Iterable[int], subdivision: str | None = None) -> list[Feast]:
    """Return the same one by one: joined names are split, and what is only estimated says so no more."""
    table = resolve_holidays(country, years, subdivision)
    return [
        Feast(date.fromisoformat(day), name.removesuffix(ESTIMATED), day)
        for day, names in table.items()
        for name in names.split("; ")
    ]


def resolve_weekends(country: str, years: Iterable[int]) -> dict[str, list[int]]:
    """Return which days of the week (Monday 0) are free in each of those years: {"2026": [5, 6], …}."""
    table = _library(country, None, tuple(sorted(years)))
    return {str(year): sorted(table._get_weekend(date(year, 7, 1))) for year in sorted(years)}


def resolve_workdays(country: str, years: Iterable[int]) -> list[str]:
    """Return the days of those years' weekends on which the country works, to make up for a bridge."""
    wanted = set(years)
    table = _library(country, None, tuple(sorted(wanted)))
    return sorted(day.isoformat() for day in table.weekend_workdays if day.year in wanted)


def library_version() -> str:
    """Return the name and version of what the tables come from."""
    return f"holidays {version('holidays')}"


@lru_cache(maxsize=32)
def _library(country: str, subdivision: str | None, years: tuple[int, ...]) -> Any:
    import holidays  # only publish and simulate pay for it

    try:
        return holidays.country_holidays(country, subdiv=subdivision, years=years, language=LANGUAGE)
    except NotImplementedError as error:
        where = f"{country!r}" if subdivision is None else f"{subdivision!r} in {country!r}"
        raise BadDefinition(("country",), f"the holidays of {where} are not known: leave the country out") from error
