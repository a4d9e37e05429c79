"""The brand as its owner writes it: who sends, where, and within which limits. Every problem is collected."""

from __future__ import annotations

import re
from typing import Any

from kairos.app.definitions.calendar import check_calendar, check_overrides
from kairos.app.definitions.compile import Problems
from kairos.app.definitions.limits import LIMITS, read_caps, read_hours, read_rest, read_spread
from kairos.app.definitions.listening import read_webhooks
from kairos.app.definitions.sender import read_consent, read_line, read_policies, read_sender
from kairos.app.definitions.sending import read_money, read_rates, read_seeds, read_walks, read_warm_up
from kairos.app.definitions.timing import read_timing
from kairos.domain.document import Document, parse_share
from kairos.domain.errors import BadDefinition
from kairos.domain.localtime import load_zone
from kairos.domain.offer import read_offers

BRAND_KEYS = (
    "id",
    "name",
    "description",
    "language",
    "timezone",
    "country",
    "currency",
    "zones",
    "sender",
    "policies",
    "existing_customers",
    "double_opt_in",
    "unconfirmed_consent",
    "links",
    *LIMITS,
    "rates",
    "prices",
    "limits",
    "warm_up",
    "seeds",
    "holdout",
    "timing",
    "walks",
    "offers",
    "webhooks",
    "calendar",
    "holidays",
)
LANGUAGES = ("en", "ko")
"""In which names of days and months are written; Korean by itself where the country is KR."""

ZONES_MAX = 50
LINK_HOSTS_MAX = 20
HOST_FORM = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
CURRENCY_FORM = re.compile(r"[A-Z]{3}")


def check_brand(raw: object) -> list[BadDefinition]:
    """Return every problem of a brand document."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    problems.gather(lambda: document.only(*BRAND_KEYS), None)
    for read in (
        _texts,
        _zones,
        _country,
        _language,
        read_sender,
        read_policies,
        read_consent,
        _links,
        read_hours,
        read_spread,
        read_caps,
        read_rest,
        read_rates,
        read_money,
        read_warm_up,
        read_seeds,
        _holdout,
        read_timing,
        read_walks,
        read_offers,
        read_webhooks,
        check_calendar,
        check_overrides,
    ):
        problems.gather(lambda r=read: r(document), None)  # type: ignore[misc]
    return problems.found


def _texts(document: Document) -> None:
    for key in ("id", "name", "description"):
        if document.has(key):
            read_line(document, key)


def _zones(document: Document) -> None:
    document.read("timezone", load_zone)
    if document.has("zones"):
        zones = document.items("zones")
        if not 1 <= len(zones) <= ZONES_MAX:
            raise BadDefinition((*document.path, "zones"), f"expected 1 to {ZONES_MAX} time zones")
        for zone, path in zones:
            _at(path, load_zone, zone)


def _country(document: Document) -> None:
    if document.has("country"):
        document.read("country", _country_code, 'a country code of two capital letters, such as "KR"')
    if document.has("currency"):
        document.read("currency", _currency_code, 'a currency code of three capital letters, such as "KRW"')


def _language(document: Document) -> None:
    if document.has("language"):
        document.choice("language", LANGUAGES)


def _country_code(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError
    return value


def _currency_code(value: Any) -> str:
    if not isinstance(value, str) or not CURRENCY_FORM.fullmatch(value):
        raise ValueError
    return value


def _links(document: Document) -> None:
    """Whose links are counted, and the own domain that leads there."""
    if not document.has("links"):
        return
    links = document.inner("links")
    links.only("hosts", "domain")
    hosts = links.items("hosts")
    if not 1 <= len(hosts) <= LINK_HOSTS_MAX:
        raise BadDefinition((*links.path, "hosts"), f"expected 1 to {LINK_HOSTS_MAX} hosts, such as shop.example.com")
    for host, path in [*hosts, *([(links.raw["domain"], (*links.path, "domain"))] if links.has("domain") else [])]:
        if not isinstance(host, str) or not HOST_FORM.fullmatch(host):
            raise BadDefinition(path, "expected a host in small letters and nothing else, such as shop.example.com")


def _holdout(document: Document) -> None:
    """How many customers get no marketing at all, so that all of it together can be measured."""
    if document.has("holdout"):
        document.read("holdout", parse_share)


def _at(path: tuple[str | int, ...], parse: Any, value: Any) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise BadDefinition(path, str(error)) from error
