"""The whole loop, from the synthesised template: a shop's month, every function at work, one correlation throughout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from time import process_time
from typing import Any

from kairos.local import demo_shop as shop
from kairos.local.demo_people import PEOPLE, Person, chance
from kairos.local.demo_shop import Call
from kairos.local.mail import Email, Reaction
from tests.loop.shop import HOUR, MINUTE, PERSON, START, calendly, cart, is_clean, messages, open_shop, profiles, send

DAY = timedelta(days=1)
CUSTOMERS = PEOPLE[:12]


def reacts(email: Email) -> Sequence[Reaction]:
    """Everybody opens, some click, and one complains."""
    if chance("complains", email.to[0]) < 0.05:
        return ((3 * HOUR, "Complaint", {}),)
    click = {"link": "https://shop.example.com/"}
    clicks = [(20 * MINUTE, "Click", click)] if chance("clicks", email.to[0], email.subject) < 0.3 else []
    return ((5 * MINUTE, "Open", {}), *clicks)


def month() -> list[Call]:
    """Return a month of four senders' calls, in order: every customer fills, books, moves, cancels, buys or browses."""
    calls: list[Call] = []
    for place, person in enumerate(CUSTOMERS):
        at = START + place * DAY + 9 * HOUR
        calls += [shop.customer_saved(at, person, new=True), shop.signed_in(at + MINUTE, person)]
        calls += [shop.viewed(at + n * HOUR, person.browser, n % 5) for n in range(1, 4)]
        calls.append(shop.checkout_started(at + 5 * HOUR, cart(f"c-{person.handle}", person)))
        if place % 3 == 0:
            calls += shop.ordered(at + 6 * HOUR, cart(f"c-{person.handle}", person))
        calls += _bookings(person, place, at)
    return sorted(calls, key=lambda call: call.at)


def _bookings(person: Person, place: int, at: Any) -> list[Call]:
    starts, name = at + 5 * DAY, f"B{place}"
    if place % 2:
        made = calendly(at + 2 * HOUR, "invitee.created", person, name, starts)
        cancelled = calendly(at + DAY, "invitee.canceled", person, name, starts)
        return [made, cancelled] if place % 4 == 1 else [made]
    made = shop.booking(at + 2 * HOUR, "BOOKING_CREATED", person, name, starts)
    moved = shop.booking(at + DAY, "BOOKING_RESCHEDULED", person, f"{name}x", starts + DAY, former=name)
    return [made, moved] if place % 4 == 0 else [made]


def test_a_month_passes_through_every_function_in_seconds(template: dict[str, Any]) -> None:
    began = process_time()
    with open_shop(template, rates={"SweepRule": 12 * HOUR}) as cloud:
        cloud.parts.post.audience = reacts
        refused: str = ""
        for call in month():
            cloud.advance(to=max(call.at, cloud.now))
            assert send(cloud, call).status == 202, call.says
            if not refused and cloud.emails:
                ads = [email for email in cloud.emails if email.header("List-Unsubscribe-Post")]
                refused = ads[0].to[0] if ads else ""
                if refused:
                    link = str(ads[0].header("List-Unsubscribe")).strip("<> ").split(">")[0]
                    assert cloud.http("POST", "/u/" + link.rpartition("/u/")[2]).status == 200
                    refused_at = cloud.now
        cloud.advance(to=START + 31 * DAY)
        for function in ("ingest", "decide", "dispatch", "deliver", "publish", "sweep", "preferences"):
            assert cloud.invocations[function], function
        assert not cloud.parts.lambdas.errors
        assert is_clean(cloud)
        assert len(cloud.emails) > len(CUSTOMERS)
        assert len(cloud.sms) > len(CUSTOMERS) // 3
        assert len(set(messages(cloud))) == len(messages(cloud))
        ads = [email for email in cloud.emails if email.header("List-Unsubscribe-Post")]
        assert [email for email in ads if email.to[0] == refused and email.at > refused_at] == []
        assert [one for profile in profiles(cloud).values() for one in profile.messages.values()] == []
    assert process_time() - began < 60


def test_one_correlation_id_is_traced_from_the_webhook_to_the_provider_and_back(template: dict[str, Any]) -> None:
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        cloud.advance(by=MINUTE)
        cloud.logs.clear()
        answer = send(cloud, shop.checkout_started(cloud.now, cart("traced")))
        correlation = answer.headers["x-kairos-correlation"]
        cloud.advance(by=32 * MINUTE)
        [email] = cloud.emails
        logged = {line.function for line in cloud.logs if correlation in line.text}
        assert {"ingest", "decide", "dispatch", "deliver"} <= logged
        row = cloud.tables["messages"].get(email.tags["kairos_message"])
        assert row is not None
        assert json.loads(row["details"])["correlation"] == correlation
        assert row["provider_id"] == email.message_id
        [delivered] = [line.fields for line in cloud.logs if line.fields.get("outcome") == "sent"]
        assert delivered["kairos_message"] == email.tags["kairos_message"]
        assert delivered["correlation"] == correlation


def test_logs_name_nobody(template: dict[str, Any]) -> None:
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        send(cloud, shop.checkout_started(cloud.now, cart("quiet")))
        send(cloud, shop.booking(cloud.now, "BOOKING_CREATED", PERSON, "class", cloud.now + 3 * HOUR))
        cloud.advance(by=2 * HOUR)
        assert cloud.emails
        personal = (PERSON.address, str(PERSON.phone), PERSON.name, str(PERSON.id))
        assert [line.text for line in cloud.logs if any(word in line.text for word in personal)] == []


def test_events_cost_one_read_and_one_write_of_the_customer(template: dict[str, Any]) -> None:
    with open_shop(template) as cloud:
        send(cloud, shop.customer_saved(cloud.now, PERSON, new=True))
        before = dict(cloud.capacity["customers"].requests)
        for n in range(5):
            send(cloud, shop.checkout_started(cloud.now, cart(f"c{n}")))
        used = {name: count - before.get(name, 0) for name, count in cloud.capacity["customers"].requests.items()}
        assert (used["GetItem"], used["PutItem"]) == (5, 5)
