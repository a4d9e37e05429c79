"""`send-test`: a draft of a template, sent to its author or to the brand's seed list. No profile, ledger, cap or
feedback: it never happened.

Blanks get values from --data, else samples that show their own name; `[TEST]` stands in front of everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kairos import registry
from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.template import PARTIAL, check_template, texts_of
from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.render.blanks import language_of, wall_of
from kairos.app.render.choose import partials_in
from kairos.app.render.mjml import with_html
from kairos.app.render.render import CannotRender, partials_of, render, variables_of
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen
from kairos.domain.errors import Unavailable
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant
from kairos.domain.localtime import load_zone
from kairos.registry import Channel, Delivery, Occasion, Rendered

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

MARK = "[TEST] "
NUMBERS = ("total", "amount", "price", "count", "quantity", "number", "days")
LISTS = ("items", "viewed", "last_order", "also_viewed")
PRODUCT = {
    "title": "[title]",
    "price": 10_000,
    "quantity": 1,
    "url": "https://example.com/product",
    "image": "https://example.com/product.png",
}
"""What stands for a product in a list of them."""
DATA_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Test:
    """What is to be sent, where to, with which values (a JSON file), and whether as class marketing. `to` is an
    address, empty for everybody of the brand's `seeds`; `channel` is only asked for where an address serves two."""

    __test__ = False  # pytest takes every Test for its own

    template: str
    to: str = ""
    data: Path | None = None
    marketing: bool = False
    channel: str = ""


@dataclass(frozen=True, slots=True)
class _Drafted:
    """What every message of one command has in common."""

    deployment: Deployment
    test: Test
    drafts: Mapping[tuple[str, str], Any]
    brand: Mapping[str, Any]
    template: Mapping[str, Any]


def send_test_message(deployment: Deployment, test: Test) -> int:
    """Send the message and print what went. Raises CannotDo, Refused, Unavailable."""
    drafts = deployment.drafts.all()
    brand = draft_of(drafts, "brand", "brand", check_brand)
    template = draft_of(drafts, "template", test.template, check_template)
    drafted = _Drafted(deployment, test, drafts, brand, template)
    if test.to:
        _send(drafted, *_address(test.to, brand, test.channel))
        return 0
    return _send_to_seeds(drafted)


def _send_to_seeds(drafted: _Drafted) -> int:
    """Send to everybody whom the brand lists; one address that fails keeps none of the others from theirs."""
    seeds, screen, wrong = drafted.brand.get("seeds") or (), open_screen(complaints=True), 0
    if not seeds:
        raise CannotDo("brand.yaml names no `seeds`: addresses to which every test goes, e-mail, phone or fcm:TOKEN")
    for seed in seeds:
        name, address = _address(str(seed), drafted.brand, drafted.test.channel)
        if name not in drafted.template:
            screen.print(f"{seed}: the template has no {name} part", style="dim")
            continue
        try:
            _send(drafted, name, address)
        except (CannotDo, Unavailable) as error:
            screen.print(f"{seed}: {error}", style="red")
            wrong = WRONG
    return wrong


def _send(drafted: _Drafted, name: str, address: str) -> None:
    test, brand, template = drafted.test, drafted.brand, drafted.template
    if name not in template:
        raise CannotDo(f"the template {test.template!r} has no {name} part, which an address like this needs")
    if name == "email" and not (brand.get("sender") or {}).get("email"):
        raise CannotDo("brand.yaml names no sender.email, from which e-mail is sent")
    deployment, channel = drafted.deployment, registry.load("channels", name)
    if channel.informational and test.marketing:
        raise CannotDo(f"{name} carries information only")
    now, url = deployment.clock.now(), f"{deployment.public_url}/u/test"
    message, tomorrow = digest("test", test.template, address, format_instant(now)), now + timedelta(days=1)
    delivery = Delivery(
        message=message,
        address=address,
        rendered=_render(test, template, channel, brand, partials_of_drafts(drafted.drafts), url, now),
        marketing=test.marketing,
        sender=_sender(brand),
        tags={},
        unsubscribe_url=url if test.marketing else None,
        at=now,
        expires_at=tomorrow,
        occasion=Occasion(message, tomorrow, tomorrow + timedelta(hours=1), now),
    )
    _tell(name, channel.send(delivery, deployment.channel_client(channel)), delivery.rendered)


def _render(
    test: Test,
    template: Mapping[str, Any],
    channel: Channel,
    brand: Mapping[str, Any],
    partials: Mapping[str, Mapping[str, Any]],
    url: str,
    now: datetime,
) -> Rendered:
    links = {"unsubscribe_url": url, "confirm_url": url}
    blanks = sample(template, brand, now, partials) | read_data(test.data) | links
    language = str(template.get("language") or language_of(brand))
    wall = wall_of(brand, load_zone(brand["timezone"]), now, language)
    document, called = {channel.name: with_html(template[channel.name])}, partials_in(partials, language, language)
    try:
        rendered = render(test.template, document, channel.name, blanks, wall, channel.parts, called)
    except CannotRender as error:
        raise CannotDo(f"{error}; --data FILE.json gives blanks their values") from error
    for name in brand.get("policies") or ():
        rendered = registry.load("policies", name).apply(rendered, channel.name, test.marketing, brand, url)
    return _mark(rendered)


def _tell(name: str, provider_id: str, rendered: Rendered) -> None:
    screen = open_screen()
    screen.print(f"sent by {name} ({provider_id})", style="green")
    for part in ("subject", "text"):
        if part in rendered.parts:
            screen.print(f"{part}: {rendered.parts[part]}")


def sample(
    template: Mapping[str, Any],
    brand: Mapping[str, Any],
    now: datetime,
    partials: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return a value for every blank: its own name in brackets, a round number, or tomorrow where it is a time."""
    values: dict[str, Any] = {"brand": {"name": brand.get("name"), "sender": brand.get("sender") or {}}}
    documents = (template, *(partials.get(id, {}) for id in partials_of(template)))
    texts = [parts for document in documents for _, _, parts in texts_of(document)]
    for variable in variables_of({str(number): parts for number, parts in enumerate(texts)}):
        names = variable.split(".")
        place: Any = values
        for name in names[:-1]:
            place = place.setdefault(name, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.setdefault(names[-1], _sample(names[-1], now))
    return values


def _sample(name: str, now: datetime) -> Any:
    if name in LISTS:
        return [{**PRODUCT, "product_id": id} for id in ("1", "2")]
    if name.endswith(("_at", "_on", "date")):
        return format_instant(now + timedelta(days=1))
    if name.rpartition("_")[2] in NUMBERS:
        return 10_000
    return f"[{name}]"


def partials_of_drafts(drafts: Mapping[tuple[str, str], Any]) -> dict[str, Mapping[str, Any]]:
    """Return the valid partials among drafts, by id."""
    templates = {id: draft for (kind, id), draft in drafts.items() if kind == "template"}
    return {id: one for id, one in templates.items() if PARTIAL in one and not check_template(one)}


def draft_of(drafts: Mapping[tuple[str, str], Any], kind: str, id: str, check: Any) -> Mapping[str, Any]:
    """Return a valid draft. Raises CannotDo where there is none, or it is not valid."""
    document = drafts.get((kind, id))
    if document is None:
        known = ", ".join(sorted(name for there, name in drafts if there == kind)) or "none"
        raise CannotDo(f"there is no draft of a {kind} {id!r}; there are: {known}")
    if problems := check(document):
        raise CannotDo(f"the {kind} {id!r} is not valid: {problems[0]}")
    found: Mapping[str, Any] = document
    return found


def _address(to: str, brand: Mapping[str, Any], wanted: str = "") -> tuple[str, str]:
    """Return the channel that an address is of, and the address in the form that the channel takes."""
    if to == "webhook":
        return "webhook", "test"
    if to.partition(":")[0] in ("apns", "apns_sandbox", "fcm"):
        return "push", to
    if email := normalise_email(to):
        return "email", email
    if phone := normalise_phone(to, brand.get("country")):
        return ("kakao" if wanted == "kakao" else "sms"), phone
    takes = "an e-mail address, a phone number such as +821012345678, a phone's apns:TOKEN or fcm:TOKEN, or webhook"
    raise CannotDo(f"--to takes {takes}")


def read_data(file: Path | None) -> dict[str, Any]:
    """Return the values of a JSON file. Raises CannotDo."""
    if file is None:
        return {}
    try:
        values = json.loads(file.read_bytes()[:DATA_BYTES_MAX])
    except ValueError as error:
        raise CannotDo(f"{file} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise CannotDo(f"{file} holds no JSON object of values")
    return values


def _mark(rendered: Rendered) -> Rendered:
    """Mark the lines that are seen first: the subject or title where there is one, else the text. AlimTalk alone cannot
    be marked: its words are Kakao's."""
    first = next(part for part in ("subject", "title", "text") if part in rendered.parts)
    return Rendered({**rendered.parts, first: MARK + rendered.parts[first]})


def _sender(brand: Mapping[str, Any]) -> dict[str, str]:
    sender = {key: str(value) for key, value in (brand.get("sender") or {}).items() if value is not None}
    return {**sender, "name": sender.get("name") or str(brand.get("name") or "")}
