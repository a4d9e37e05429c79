"""What the owner brings along: people, what they agreed to and what they refused, as `kairos import` sends rows.

Signed as Standard Webhooks says, so it passes the door that every shop passes, and needs no right but a secret. All of
it is historical: it changes what is known and starts nothing. `stops` of a body are written before anything is queued.

    {"traits": [names that may enter events],
     "people": [{"at", "customer_id", "customers_of", "email", "phone", "first_name", "last_name", "birthday",
                 "timezone", "locale", "language", "traits": {…}, "consents": [{"channel", "given", "at", "basis"}]}],
     "stops": [{"channel", "address" or "address_hash", "purpose", "reason", "at"}]}
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from kairos.domain.canonical import canonical
from kairos.domain.errors import BadInput
from kairos.domain.event import ConsentFact, Event
from kairos.registry import Named, Parsed, Request, Stop
from kairos.sources import _person
from kairos.sources._shape import Object, load_body, present
from kairos.sources._signature import require_webhook

Reader = Callable[[Object, Request, set[str]], Iterable[Parsed]]

PEOPLE_MAX = 200
CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
TRAIT = re.compile(r"[^\W\d]\w{0,63}")
ADDRESS_HASH = re.compile(r"[0-9A-Za-z]{1,16}#[a-z2-7]{52}", re.ASCII)
SCOPE = re.compile(r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_.-]{1,64}", re.ASCII)
PURPOSES = ("marketing", "all")
REASONS = ("unsubscribed", "imported", "bounced", "complained", "erased")
TRAITS_MAX, TRAIT_CHARS_MAX = 50, 500


class Imports:
    """See `kairos.registry.Source`. A connection's settings: `secrets` (`whsec_` and base64)."""

    name = "imports"
    retry_horizon = timedelta(days=3)
    topic_at = ("body", "kind")
    properties: Mapping[str, Sequence[str]] = {
        "profile_updated": (),
        "consent_given": ("basis",),
        "consent_withdrawn": ("basis",),
        "address_stopped": ("channel", "purpose"),
    }

    def verify(self, request: Request) -> bool:
        """Check the signature; the owner alone has the secret."""
        require_webhook(request)
        return True

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate the rows; `refused` collects those that are wrong, and the others go on."""
        body = load_body(request.body)
        listed = {name for name in body.items("traits", TRAITS_MAX) if isinstance(name, str) and TRAIT.fullmatch(name)}
        out: list[Parsed] = []
        rows: list[tuple[Reader, Object]] = [(_stop, row) for row in body.objects("stops", PEOPLE_MAX)]
        rows += [(_facts, row) for row in body.objects("people", PEOPLE_MAX)]
        for read, row in rows:
            try:
                out += list(read(row, request, listed))
            except BadInput as error:
                if refused is None:
                    raise
                refused.append(error)
        return out


def _stop(row: Object, request: Request, listed: set[str]) -> Iterator[Parsed]:
    channel, purpose = _channel(row), row.text("purpose", 32) or "marketing"
    reason, hashed = row.text("reason", 32) or "imported", row.ident("address_hash")
    if purpose not in PURPOSES:
        row.fail("purpose", " or ".join(PURPOSES))
    if reason not in REASONS:
        row.fail("reason", f"one of {', '.join(REASONS)}")
    if hashed and not ADDRESS_HASH.fullmatch(hashed):
        row.fail("address_hash", "a keyed hash as `kairos export` writes it")
    at = row.instant("at") or request.received_at
    address = hashed or row.need("address")
    stop = Stop(channel, address, purpose, reason, hashed=bool(hashed))
    event = Event("", "address_stopped", "", at, request.received_at, {"channel": channel, "purpose": purpose})
    yield Parsed(event, f"stop:{_print(row.raw)}", stops=[stop])


def _facts(row: Object, request: Request, listed: set[str]) -> Iterator[Parsed]:
    fields, at, key = _person.person_fields(row), row.instant("at") or request.received_at, _print(row.raw)
    who = _who(row, fields)
    if not who:
        row.fail("email", "an email, phone or customer_id")
    traits = present(
        birthday=_person.day(row.text("birthday", 40)),
        timezone=_person.zone(row.text("timezone", 64)),
        locale=_person.locale(row.text("locale", 40)),
        language=_person.locale(row.text("language", 40)),
    )
    event = Event(
        "",
        "profile_updated",
        "",
        at,
        request.received_at,
        historical=True,
        traits=_listed(row.object("traits"), listed) | traits,
        reach=_person.reach(fields),
    )
    consents = [_consent(one, request, who, key) for one in row.objects("consents", 20)]
    yield Parsed(event, f"{key}:profile", who, _person.profile_contact(fields))
    yield from consents


def _who(row: Object, fields: Mapping[str, Any]) -> list[Named]:
    who = _person.names(True, email=fields.get("email"), phone=fields.get("phone"))
    customer, scope = row.ident("customer_id"), row.text("customers_of", 130) or ""
    if scope and not SCOPE.fullmatch(scope):
        row.fail("customers_of", "SOURCE/CONNECTION, such as shopify/main")
    kind = "external" if scope.startswith("track/") else "customer"  # what Segment calls userId
    return [Named(kind, customer, True, scope), *who] if customer else who


def _consent(one: Object, request: Request, who: Sequence[Named], key: str) -> Parsed:
    channel, given, at = _channel(one), one.flag("given"), one.instant("at")
    if given is None:
        one.fail("given", "true or false")
    if at is None:
        one.fail("at", "the instant at which it was said")
    basis = one.text("basis", 200)
    said = present(basis=basis if basis and _person.is_impersonal(basis) else None)
    name = "consent_given" if given else "consent_withdrawn"
    fact = ConsentFact(channel, "marketing")
    event = Event("", name, "", at, request.received_at, said, historical=True, consent=fact)
    return Parsed(event, f"{key}:{name}:{channel}", who)


def _channel(row: Object) -> str:
    channel = row.need("channel")
    if not CHANNEL.fullmatch(channel):
        row.fail("channel", "a channel, such as email or sms")
    return channel


def _listed(given: Object, listed: set[str]) -> dict[str, Any]:
    found = {name: value for name, value in given.raw.items() if name in listed}
    return {name: value for name, value in found.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        fits = len(value) <= TRAIT_CHARS_MAX and not any("\ud800" <= char <= "\udfff" for char in value)
        return fits and _person.is_impersonal(value)
    return isinstance(value, bool | int | float)


def _print(raw: Mapping[str, Any]) -> str:
    """Return what makes the same row the same row, saying nothing of what is in it."""
    return hashlib.sha256(canonical(dict(raw)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


SOURCE = Imports()
