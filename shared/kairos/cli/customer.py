"""Finding one customer by what an operator has at hand: a profile id, an address, or the shop's own customer id."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kairos.app.ingest.identifiers import normalise_email, normalise_id, normalise_phone
from kairos.app.ports import Identifier, Pointer
from kairos.app.publish.release import Release
from kairos.cli.failure import CannotDo
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Profile

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

MERGES_MAX = 10
NAMED_BY_SOURCES = ("customer", "external", "anonymous")

PROFILE_ID = re.compile(r"[a-z2-7]{26}")
_SCOPED = re.compile(r"([a-z]+/[A-Za-z0-9_-]+):(.+)", re.DOTALL)


def find_customer(deployment: Deployment, text: str) -> Profile:
    """Return the profile that `text` leads to, through merges. Raises CannotDo when there is none.

    `shopify/main:1234` names a customer of one connection; without it, every connection is asked.
    """
    wanted = text.strip()
    profile = deployment.read_profile(wanted) if PROFILE_ID.fullmatch(wanted) else None
    if profile is None:
        found = deployment.find_profile(identifiers_of(deployment, wanted))
        profile = deployment.read_profile(found) if found else None
    for _ in range(MERGES_MAX):
        if profile is None or profile.merged_into is None:
            break
        profile = deployment.read_profile(profile.merged_into)
    if profile is None:
        raise CannotDo("nobody is known by that: give a profile id, e-mail, phone, or SOURCE/CONNECTION:CUSTOMER_ID")
    return profile


def read_instant(text: str | None) -> datetime | None:
    """Return an instant as an option gives it. Raises CannotDo."""
    try:
        return parse_instant(text) if text else None
    except ValueError as error:
        raise CannotDo(f"--at takes an instant such as 2026-11-22T03:00:00Z: {error}") from error


def live_release(deployment: Deployment) -> Release | None:
    """Return what is live, or None before the first publish."""
    pointer: Pointer | None = deployment.releases.pointer()
    return Release(deployment.releases.bundle(pointer.release), pointer) if pointer else None


def identifiers_of(deployment: Deployment, text: str) -> list[Identifier]:
    """Return all ways to read the text, the most certain first."""
    if scoped := _SCOPED.fullmatch(text):
        return _of_sources(scoped[2], [scoped[1]])
    if email := normalise_email(text):
        return [Identifier("email", email)]
    found = []
    if phone := normalise_phone(text, country_of(deployment)):
        found.append(Identifier("phone", phone))
    scopes = [f"{source}/{connection}" for source, connection in deployment.secrets.names()]
    return found + _of_sources(text, scopes)


def _of_sources(text: str, scopes: list[str]) -> list[Identifier]:
    value = normalise_id(text)
    return [Identifier(kind, value, scope) for kind in NAMED_BY_SOURCES for scope in scopes] if value else []


def country_of(deployment: Deployment) -> str | None:
    """Return the live brand's country, by which phone numbers without a + are read; None where none is said."""
    release = live_release(deployment)
    country: Any = release.brand.get("country") if release else None
    return country if isinstance(country, str) else None
