"""The brand as its owner writes it: who sends, where, and within which limits. Every problem is collected."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from kairos import registry
from kairos.app.definitions.calendar import check_calendar, check_overrides
from kairos.app.definitions.compile import Problems
from kairos.app.definitions.limits import CHANNELS, LIMITS, read_caps, read_hours, read_rest, read_spread, whole
from kairos.app.definitions.listening import read_webhooks
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
SENDER_KEYS = ("name", "email", "contact", "opt_out", "sms", "postal", "relay")
LAWFUL = "lawful_goods"
"""Beside them: that what is advertised may be sold, which nobody but the sender can say."""

LANGUAGES = ("en", "ko")
"""In which names of days and months are written; Korean by itself where the country is KR."""

UNCONFIRMED = ("keep", "stop")
"""What becomes of a consent that nobody confirmed in the time a law pack gives."""

TEXT_MAX = 200
SEEDS_MAX, SEED_CHARACTERS_MAX = 50, 1_100
ZONES_MAX = 50
LINK_HOSTS_MAX = 20
HOST_FORM = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
WALK_RATE_MAX = 1_000
PRICE_MAX, SPEND_MAX = 10, 10_000_000
"""US dollars: of one message or segment, and of a month."""

SPENDING = ("sms_spend",)
CURRENCY_FORM = re.compile(r"[A-Z]{3}")
EMAIL_FORM = re.compile(r"[^@\s<>,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


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
        _sender,
        _policies,
        _consent,
        _links,
        read_hours,
        read_spread,
        read_caps,
        read_rest,
        _rates,
        _money,
        _warm_up,
        _seeds,
        _holdout,
        read_timing,
        _walks,
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
            _text(document, key)


def _text(document: Document, key: str) -> str:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX or not value.isprintable():
            raise ValueError
        return value

    return document.read(key, parse, f"a text of at most {TEXT_MAX} characters in one line, in quotes")


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


def _sender(document: Document) -> None:
    if not document.has("sender"):
        return
    sender = document.inner("sender")
    sender.only(*SENDER_KEYS, LAWFUL)
    sender.flag(LAWFUL)
    for key in SENDER_KEYS:
        if sender.has(key):
            _text(sender, key)
    if sender.has("email") and not EMAIL_FORM.fullmatch(sender.raw["email"]):
        raise BadDefinition((*sender.path, "email"), "expected an e-mail address such as hello@example.com")


def _policies(document: Document) -> None:
    if not document.has("policies"):
        return
    known = registry.names("policies")
    for name, path in document.items("policies"):
        if name not in known:
            raise BadDefinition(path, f"no law pack is called {name!r}; there are: {', '.join(known) or 'none'}")


def _consent(document: Document) -> None:
    """On which channels a sale counts as consent, which want it confirmed, and what silence about it means."""
    for key in ("existing_customers", "double_opt_in"):
        for name, path in document.items(key) if document.has(key) else ():
            if name not in CHANNELS:
                raise BadDefinition(path, f"expected channels: {', '.join(CHANNELS)}")
    if document.has("unconfirmed_consent"):
        document.choice("unconfirmed_consent", UNCONFIRMED)


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


def _rates(document: Document) -> None:
    if not document.has("rates"):
        return
    rates = document.inner("rates")
    rates.only(*CHANNELS)
    for channel in rates.raw:
        rate = rates.inner(channel)
        rate.only("per_second", "per_day")
        rate.number("per_second", 0.01, 10_000)
        if rate.has("per_day"):
            whole(rate, "per_day", 1, 1_000_000_000)


def _holdout(document: Document) -> None:
    """How many customers get no marketing at all, so that all of it together can be measured."""
    if document.has("holdout"):
        document.read("holdout", parse_share)


def _money(document: Document) -> None:
    """What messages cost, and may cost in a month."""
    if document.has("prices"):
        prices = document.inner("prices")
        prices.only(*CHANNELS)
        for channel in prices.raw:
            prices.number(channel, 0, PRICE_MAX)
    if document.has("limits"):
        limits = document.inner("limits")
        limits.only(*SPENDING)
        for key in limits.raw:
            limits.number(key, 0, SPEND_MAX)


def _warm_up(document: Document) -> None:
    if document.has("warm_up"):
        warm_up = document.inner("warm_up")
        warm_up.only("from")
        warm_up.read("from", _day, 'a date in quotes, such as "2026-11-22"')


def _seeds(document: Document) -> None:
    """To whom `kairos send-test --seeds` goes."""
    if not document.has("seeds"):
        return
    seeds = document.items("seeds")
    if len(seeds) > SEEDS_MAX:
        raise BadDefinition((*document.path, "seeds"), f"expected at most {SEEDS_MAX} addresses")
    for seed, path in seeds:
        if not isinstance(seed, str) or not seed.strip() or len(seed) > SEED_CHARACTERS_MAX or not seed.isprintable():
            raise BadDefinition(path, "expected an e-mail address, a phone number in quotes, or fcm:TOKEN")


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError
    return date.fromisoformat(value)


def _walks(document: Document) -> None:
    """How many customers a second a walk wakes."""
    if document.has("walks"):
        walks = document.inner("walks")
        walks.only("per_second")
        walks.number("per_second", 1, WALK_RATE_MAX)


def _at(path: tuple[str | int, ...], parse: Any, value: Any) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise BadDefinition(path, str(error)) from error
