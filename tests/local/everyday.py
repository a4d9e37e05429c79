"""Five days of a shop in the deployed stack: every source by its real route, mail and text out, feedback back in.

Whatever is personal carries one of the marks of `tests/sources/bodies.py`, so that a test can look for it wherever it
must not be; whatever a role is allowed and these days do not use is named in `unused_permissions.txt`.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from kairos.aws.drafts import DynamoDrafts
from kairos.local import LocalCloud
from kairos.local import demo_shop as shop
from kairos.local.call import Call
from kairos.local.demo import shop_cloud
from kairos.local.demo_people import Person
from kairos.local.errors import AwsError
from kairos.local.mail import Email
from kairos.local.sms import Sms
from tests.channels.receiver import receiving, reply
from tests.local.surfaces import handed, readable, surfaces
from tests.sources import bodies


@dataclass(frozen=True)
class Days:
    """What those days left: everything written down (where, text), what went to providers and `contacts` by call,
    the rows of `contacts`, mail and text as they arrived, and the grants that nobody used."""

    written: list[tuple[str, str]]
    handed: list[tuple[str, str]]
    contacts: str
    emails: list[Email]
    sms: list[Sms]
    unused: list[str]


@cache
def lived_days() -> Days:
    """Live those days once in a process, and tell of them."""
    from infra.app import synthesise

    with tempfile.TemporaryDirectory() as folder, everyday(synthesise("local", folder)) as cloud:
        rows = " ".join(readable(item) for item in cloud.tables["contacts"].items())
        unused = cloud.unused_grants
        return Days(list(surfaces(cloud)), list(handed(cloud)), rows, list(cloud.emails), list(cloud.sms), unused)


START = bodies.NOW.replace(second=0)
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "calendly/main": {"secrets": ["everyday-calendly-secret"]},
    "shopify/recorded": {"secrets": ["everyday-shopify-secret"]},
    "stripe/main": {"secrets": ["everyday-stripe-secret"]},
    "woocommerce/main": {"secrets": ["everyday-woocommerce-secret"], "country": "KR"},
    "cafe24/main": {"secrets": ["everyday-cafe24-key"], "country": "KR"},
    "solapi/main": {"secrets": ["everyday-solapi-secret"]},
    "imports/main": {"secrets": ["whsec_" + "SU1Q" * 8]},
    "courses/main": {"secrets": ["whsec_" + "QUJD" * 8]},
}
LILY = Person("planted.lily", "Planted릴리", email=True, sms=True)
ROSE = Person("planted.rose", "Planted로즈", email=True, sms=True)
STREET = "달맞이꽃로 1234-5"
"""Where both live: a canary that no other mark is in."""
ENGRAVING = [{"name": "각인", "value": "planted engraving, to planted.love@example.com"}]


@contextmanager
def everyday(template: Path) -> Iterator[LocalCloud]:
    """Yield the cloud after those days."""
    with receiving() as server, shop_cloud(json.loads(template.read_text("utf-8")), START) as cloud:
        server.answer = _calendar
        feeds = {f"ical/{name}": {"secrets": [f"{server.url}/{name}.ics"]} for name in ("studio", "gone")}
        for name, settings in {**SETTINGS, **feeds}.items():
            path = f"{cloud.outputs['ConnectionsPrefix']}{name}"
            cloud.session.client("ssm").put_parameter(
                Name=path, Value=json.dumps(settings), Type="SecureString", Overwrite=True
            )
        _declare(cloud)
        _shop(cloud)
        _recorded(cloud)
        _hostile(cloud)
        with _provider_that_quotes(cloud):
            cloud.advance(by=timedelta(hours=1))
        cloud.advance(by=timedelta(days=2))
        _feedback(cloud)
        cloud.advance(by=timedelta(days=3))
        yield cloud


def _calendar(handler: Any) -> None:
    """Show a calendar with somebody's lesson and one of nobody's, or none where there is none any more."""
    if "gone" in handler.path:
        reply(handler, 404, b"planted.lily@example.com has left")
        return
    invited = f"ATTENDEE;CN={LILY.name}:mailto:{LILY.address}"
    invited += "\r\nATTENDEE:mailto:planted.stranger@example.com"
    lesson = ("UID:planted.lily@example.com", "SUMMARY:planted lesson", "CATEGORIES:planted.rose@example.com", invited)
    events: list[tuple[str, ...]] = [(*lesson, f"DTSTART:{START + timedelta(days=2):%Y%m%dT%H%M%SZ}")]
    events.append(("UID:2", "SUMMARY:planted closing day", f"DTSTART;VALUE=DATE:{START + timedelta(days=1):%Y%m%d}"))
    lines = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    reply(handler, 200, "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]).encode())


def _post(cloud: LocalCloud, call: shop.Call) -> None:
    answer = cloud.http("POST", call.path, call.headers, call.body)
    assert answer.status == call.status, f"{call.says}: {answer.status} {answer.text}"


COURSES: Mapping[str, Any] = {
    "id": "courses",
    "verify": {"scheme": "standard-webhooks"},
    "identity": {"email": "student.email"},
    "events": [
        {
            "when": {"path": "type", "eq": "lesson.finished"},
            "event": "lesson_finished",
            "properties": {"lesson": "lesson.id"},
            "contact": {"email": "student.email", "first_name": "student.name"},
        }
    ],
}


def _declare(cloud: LocalCloud) -> None:
    """A source of the owner's own is published, and somebody of it comes in."""
    DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"]).put("source", "courses", dict(COURSES))
    cloud.settle()
    assert cloud.invoke("publish", {"command": "publish", "all": True}).payload["ok"]
    student = {"email": "planted.student@example.com", "name": "Planted학생"}
    body = {"type": "lesson.finished", "lesson": {"id": "l-1"}, "student": student, "note": "planted note"}
    raw = json.dumps(body).encode()
    headers = bodies.webhook(raw, SETTINGS["courses/main"]["secrets"][0], cloud.now)
    answer = cloud.http("POST", "/v1/webhooks/courses/main", headers, raw)
    assert (answer.status, answer.json()["accepted"]) == (202, 1), answer.text


def _shop(cloud: LocalCloud) -> None:
    """Two people sign up, fill carts, buy, wait for parcels and book classes, all of it at once."""
    now = cloud.now
    for person in (LILY, ROSE):
        cart = shop.Cart(person, f"cart-{person.handle[-4:]}", {0: 1, 4: 2})
        _post(cloud, shop.customer_saved(now, person, new=True))
        _post(cloud, shop.signed_in(now, person))
        _post(cloud, shop.viewed(now, person.browser, 2))
        _post(cloud, _engraved(shop.cart_changed(now, cart, first=True)))
        _post(cloud, _engraved(shop.checkout_started(now, cart)))
        _post(cloud, shop.booking(now, "BOOKING_CREATED", person, f"uid-{cart.token}", now + timedelta(days=4)))
        if person is LILY:
            for call in shop.ordered(now, cart):
                _post(cloud, _engraved(call))
            _post(cloud, shop.shipped(now, cart, now + timedelta(days=2)))
    cloud.settle()


def _engraved(call: shop.Call) -> shop.Call:
    """Return the webhook with what people write on things and into fields, signed again."""
    body = json.loads(call.body) | {"note": "planted: ring at planted.neighbour@example.com"}
    body["line_items"] = [{**line, "properties": ENGRAVING} for line in body["line_items"]]
    home = {"first_name": LILY.name, "address1": STREET, "city": "Planted city", "zip": "98765", "phone": LILY.phone}
    body |= {"shipping_address": home, "billing_address": home, "client_details": {"browser_ip": "192.0.2.77"}}
    body["discount_codes"] = [{"code": "planted.lily@example.com"}]
    return shop.shopify(call.at, call.headers["x-shopify-topic"], body, call.says)


def _recorded(cloud: LocalCloud) -> None:
    """Every body that was ever recorded of a source, with more planted in each of its objects."""
    for source, name in bodies.sent_names():
        body = _planted(bodies.body(source, name))
        if source == "ses":
            _tell(cloud, body)
            continue
        if source == "sns":  # only AWS can sign it, by a certificate that is read from its own host
            continue
        for path, headers, raw in _signed(source, name, body, cloud.now):
            answer = cloud.http("POST", path, headers, raw)
            assert answer.status in (200, 202), f"{source}/{name}: {answer.status} {answer.text}"


def _planted(value: Any) -> Any:
    if isinstance(value, list):
        return [_planted(each) for each in value]
    if not isinstance(value, dict):
        return value
    more = {"memo": "planted memo", "profile_url": "https://example.com/?email=planted.person@example.com"}
    return {key: _planted(each) for key, each in value.items()} | more


def _signed(source: str, name: str, body: Any, now: datetime) -> Iterator[tuple[str, dict[str, str], bytes]]:
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = {"content-type": "application/json"}
    if source != "track":
        connection = next(path for path in {**SETTINGS, **shop.SECRETS} if path.startswith(f"{source}/"))
        secret = {**shop.SECRETS, **SETTINGS}[connection]["secrets"][0]
        signed = bodies.topic_headers(source, name) | bodies.proof(source, raw, secret, now)
        yield f"/v1/webhooks/{connection}", headers | signed, raw
    else:
        route = "batch" if "batch" in body else "identify" if name == "identify" else "track"
        for key in ("secrets", "public_keys"):
            shown = base64.b64encode(f"{shop.SECRETS['track/main'][key][0]}:".encode()).decode()
            yield f"/v1/{route}", headers | {"authorization": f"Basic {shown}"}, raw


SOON = {"starts_at": "2026-10-04T01:00:00Z"}
PLANTED = "planted.person@example.com"
# Addresses where names, ids and kinds belong; half of it is refused, and a refusal must not quote them.
HOSTILE: tuple[dict[str, Any], ...] = (
    {"type": "identify", "userId": PLANTED, "traits": {"email": PLANTED, "tier": PLANTED, "city": "Planted city"}},
    {"type": "identify", "userId": PLANTED, "anonymousId": PLANTED, "traits": {"phone": ["010-5550-0199"]}},
    {"type": "track", "event": "Order Completed", "userId": PLANTED, "messageId": PLANTED},
    {"type": "track", "event": "Product Viewed", "anonymousId": PLANTED, "properties": {"category": PLANTED}},
    {"type": "track", "event": "Product Viewed", "anonymousId": "a-1", "properties": {"sku": [{"x": PLANTED}]}},
    {"type": "page", "anonymousId": "a-1", "name": f"Hello {PLANTED}", "properties": {"path": f"/u/{PLANTED}"}},
    {"type": "track", "event": "Consent Given", "userId": "u-1", "channel": PLANTED, "purpose": "marketing"},
    {"type": "track", "event": "Entry Updated", "userId": "u-1", "entry": {"kind": "booking", "id": {"x": PLANTED}}},
    {"type": "track", "event": "Entry Updated", "userId": "u-1", "timestamp": PLANTED},
    {"type": "track", "event": "Consent Given", "userId": "u-1", "channel": "email", "purpose": PLANTED},
    {"type": "track", "event": "Entry Updated", "userId": "u-1", "entry": {"kind": PLANTED, "id": "e-1", **SOON}},
    {"type": "track", "event": f"Invited {PLANTED}", "userId": "u-1"},
    {"type": PLANTED, "userId": "u-1"},
    {"type": "group", "userId": "u-1", "groupId": PLANTED, "traits": {"name": "Planted group"}},
)


def _hostile(cloud: LocalCloud) -> None:
    """Send what is wrong, forged, broken or full of addresses where none belong; each is answered, none is a crash."""
    for key in ("secrets", "public_keys"):
        shown = base64.b64encode(f"{shop.SECRETS['track/main'][key][0]}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {shown}"}
        for call in HOSTILE:
            raw = json.dumps(call).encode()
            assert cloud.http("POST", "/v1/track", headers, raw).status < 500
        broken = (b'{"email": "planted.person@example.com"', b'["planted"]', b"\xffplanted.person@example.com")
        for raw in (*broken, json.dumps({"batch": [*HOSTILE, PLANTED]}).encode()):
            assert cloud.http("POST", "/v1/batch", headers, raw).status < 500
    for path in (f"/v1/webhooks/{PLANTED}/main", f"/v1/webhooks/shopify/{PLANTED}", "/v1/webhooks/calcom/main"):
        assert 400 <= cloud.http("POST", path, {"x-planted": PLANTED}, PLANTED.encode()).status < 500
    for method in ("GET", "POST"):
        assert cloud.http(method, f"/u/{PLANTED}").status < 500


@contextmanager
def _provider_that_quotes(cloud: LocalCloud) -> Iterator[None]:
    """Let SES and SNS refuse the first message of each in words that name the recipient, as they do."""
    left = {"sesv2": 1, "sns": 1}

    def refuse(call: Call) -> None:
        if left.get(call.service, 0):
            left[call.service] -= 1
            to = call.params.get("PhoneNumber") or call.params["Destination"]["ToAddresses"][0]
            code = "MessageRejected" if call.service == "sesv2" else "InvalidParameter"
            raise AwsError(code, f"Email address is not verified. The following identities failed the check: {to}")

    cloud.parts.wire.gates.append(refuse)
    yield
    cloud.parts.wire.gates.remove(refuse)


def _tell(cloud: LocalCloud, detail: dict[str, Any]) -> None:
    tags = detail["mail"]["tags"]
    tags["ses:configuration-set"] = [cloud.outputs["ConfigurationSet"]]
    cloud.put_event("aws.ses", "Email Sent", detail)


def _feedback(cloud: LocalCloud) -> None:
    """Recipients open, follow a link with their address in it, complain, bounce, and leave by the link."""
    link = "https://shop.example.com/?email=planted.lily@example.com"
    first, *others = cloud.emails
    cloud.report(first, "Open", userAgent="planted agent", ipAddress="192.0.2.7")
    cloud.report(first, "Click", link=link, userAgent="planted agent")
    opted = next(each for each in cloud.emails if each.header("List-Unsubscribe"))
    target = str(opted.header("List-Unsubscribe")).strip("<>")
    path = target.removeprefix(cloud.outputs["PublicUrl"])
    assert cloud.http("GET", path).status == 200
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert cloud.http("POST", path, form, b"x=1").status == 200
    centre = f"/p/{path.rpartition('/')[2]}"
    assert cloud.http("GET", centre).status == 200
    assert cloud.http("POST", centre, form, b"act=stop").status == 200
    cloud.advance(by=timedelta(minutes=2))
    # By the link of an e-mail somebody asks for text messages, and agrees by the link that comes by one.
    assert cloud.http("POST", centre, form, b"act=save&on=sms").status == 200
    cloud.advance(by=timedelta(minutes=2))
    asked = next(sms for sms in reversed(cloud.sms) if "동의해 주세요" in sms.text)
    token = asked.text.partition("/u/")[2].split()[0]
    assert cloud.http("GET", f"/u/{token}").status == 200
    assert cloud.http("POST", f"/u/{token}", form, b"").status == 200
    cloud.report(others[-1], "Bounce")
    cloud.report(others[-1], "Complaint")
