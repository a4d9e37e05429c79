"""The shop of these tests: its brand live in the local cloud, and its webhooks signed as their senders sign them.

Shopify, Cal.com and Segment are the demo's (`kairos.local.demo_shop`); Calendly, which the demo does not use, is here.
https://developer.calendly.com/api-docs/ZG9jOjM2MzE2MDM4-webhook-signatures
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kairos.app.ports import Marks
from kairos.aws.codec import read_state
from kairos.aws.cursor import DynamoCursor
from kairos.domain.profile import Profile
from kairos.local import demo_shop
from kairos.local.cloud import LocalCloud
from kairos.local.demo import connect, publish
from kairos.local.demo_people import Person
from kairos.local.demo_shop import Call, Cart
from kairos.local.entropy import seeded
from kairos.local.routes import Response

BRAND = Path(__file__).with_name("brand")
SHOPIFY, CALCOM = "/v1/webhooks/shopify/main", "/v1/webhooks/calcom/main"
CALENDLY, TRACK = "/v1/webhooks/calendly/main", "/v1/track"
START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CALENDLY_KEY = "loop-calendly-signing-key"
PERSON = Person("moran", "Moran", sms=True, orders=1, spent=30_000)
OTHER = Person("sugug", "Sugug", sms=True, orders=2, spent=60_000)


@contextmanager
def open_shop(template: Mapping[str, Any], **options: Any) -> Iterator[LocalCloud]:
    """Run the stack with every connection made and the brand published."""
    # Nothing here is read but where a test says so, and looking for it costs a real moment.
    rates = {"SyncRule": timedelta(days=1), **options.pop("rates", {})}
    with seeded("loop"), LocalCloud(template, START, rates=rates, **options) as cloud:
        connect(cloud)
        path = f"{cloud.outputs['ConnectionsPrefix']}calendly/main"
        secret = json.dumps({"secrets": [CALENDLY_KEY]})
        cloud.session.client("ssm").put_parameter(Name=path, Value=secret, Type="SecureString")
        publish(cloud, BRAND)
        _sweep_has_run(cloud)
        yield cloud


def send(cloud: LocalCloud, call: Call, **headers: str) -> Response:
    """Let a call arrive, now, as it is; `headers` are written with underscores and replace the call's own."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return cloud.http("POST", call.path, {**call.headers, **changed}, call.body)


def cart(token: str, person: Person = PERSON) -> Cart:
    """Return a cart worth 28,000 won, which is above the brand's threshold."""
    return Cart(person, token, {0: 1})


def calendly(
    at: datetime, event: str, person: Person, booking: str, starts: datetime, *, moved_to: str = "", former: str = ""
) -> Call:
    """Return an invitee created or cancelled; `moved_to` and `former` are the other half of a reschedule."""
    root = "https://api.calendly.com/scheduled_events/"
    payload: dict[str, Any] = {
        "uri": f"{root}{booking}/invitees/INV{booking}",
        "email": person.address,
        "name": person.name,
        "text_reminder_number": person.phone,
        "timezone": "Asia/Seoul",
        "status": "canceled" if event == "invitee.canceled" else "active",
        "rescheduled": bool(moved_to),
        "new_invitee": f"{root}{moved_to}/invitees/INV{moved_to}" if moved_to else None,
        "old_invitee": f"{root}{former}/invitees/INV{former}" if former else None,
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "scheduled_event": {
            "uri": f"{root}{booking}",
            "name": "Consultation",
            "status": "active",
            "start_time": _stamp(starts),
            "end_time": _stamp(starts + HOUR),
            "event_type": "https://api.calendly.com/event_types/ETYPE1",
            "location": {"type": "physical", "location": "Corner Shop"},
        },
    }
    raw = json.dumps({"event": event, "created_at": _stamp(at), "payload": payload}).encode()
    return Call(at, CALENDLY, signed(at, raw), raw, f"{person.name} {event}")


def honest(cloud: LocalCloud, person: Person = PERSON) -> dict[str, Call]:
    """Return a sound call of each sender, now."""
    at = cloud.now
    return {
        SHOPIFY: demo_shop.checkout_started(at, cart(f"sound-{at.timestamp()}", person)),
        CALCOM: demo_shop.booking(at, "BOOKING_CREATED", person, f"sound-{at.timestamp()}", at + 400 * HOUR),
        CALENDLY: calendly(at, "invitee.created", person, f"S{at.timestamp():.0f}", at + 400 * HOUR),
        TRACK: demo_shop.viewed(at, person.browser, 0),
    }


def signed(at: datetime, raw: bytes, key: str = CALENDLY_KEY) -> dict[str, str]:
    """Return Calendly's headers over a body, stamped with an instant."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(key.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "calendly-webhook-signature": f"t={stamp},v1={digest}"}


def profiles(cloud: LocalCloud) -> dict[str, Profile]:
    """Return every customer as the table has them, by e-mail address where there is one, else by id."""
    addresses = {}
    for row in cloud.tables["contacts"]:
        if "f#email" in row:
            addresses[str(row["profile"])] = str(json.loads(str(row["f#email"]).partition("|")[2]))
    found = {}
    for row in cloud.tables["customers"]:
        profile = read_state(row["state"], int(row["schema"]), int(row["version"]))
        found[addresses.get(profile.id, profile.id)] = profile
    return found


def messages(cloud: LocalCloud) -> list[tuple[str, str, str]]:
    """Return what reached people, as (channel, address, what is read first), in order of content, not of time."""
    mails = [("email", email.to[0], email.subject) for email in cloud.emails]
    return sorted([*mails, *(("sms", sms.to, sms.text) for sms in cloud.sms)])


def is_clean(cloud: LocalCloud) -> bool:
    """Tell whether nothing is parked, waiting or given up."""
    return not cloud.dropped and not any(len(queue) for queue in cloud.queues.values())


def _sweep_has_run(cloud: LocalCloud) -> None:
    # Without marks the first run looks a week back through every shard, for a shop that has just opened.
    cursor = DynamoCursor(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
    cursor.write(Marks(hour=START - HOUR, armed_through=START))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
