"""How people become one, from calls of a source to what the provider was asked for: the named histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import OutboxMessage
from kairos.domain.profile import Profile
from kairos.registry import Request, load
from tests.simulation import shop
from tests.simulation.checker import Checker
from tests.simulation.faults import Faults, FaultyPort
from tests.simulation.world import World

START = datetime(2026, 3, 6, 1, tzinfo=UTC)  # 10:00 in Seoul, outside quiet hours
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MINA = "mina"
DEVICE: dict[str, Any] = {"anonymousId": "device-1"}
CART = {"cart_id": "cart-1", "total": 50}
RESCUE: dict[str, Any] = {
    **{key: value for key, value in shop.JOURNEYS["cart-rescue"].items() if key != "steps"},
    "steps": [
        {"wait": "30m"},
        {"send": "coupon"},
        {"wait_for": {"event": "message_clicked", "timeout": "5h"}, "then": [{"stop": "responded"}]},
        {"send": "last-call", "channel": "sms"},
    ],
}
"""What becomes of whom is told by a journey with few steps; histories at random live through the others."""
MAIL, PHONE = "mina@example.com", "+821000000001"


class History:
    """One world without faults, told call by call."""

    def __init__(self) -> None:
        bundle = shop.bundle()
        bundle["journeys"]["cart-rescue"]["versions"]["1"] = RESCUE
        self.world = World(bundle, START, 0, 0.0)
        self.checker = Checker(self.world)
        self._number = 0

    def say(self, event: str, at: timedelta = timedelta(), **call: Any) -> None:
        """Say something `at` after the start, having lived until then."""
        self.live(at)
        self._number += 1
        self.world.say({"id": f"e{self._number}", "event": event, "at": self.world.clock.at.isoformat(), **call})

    def meet(self, who: str = MINA, at: timedelta = timedelta(), **more: Any) -> None:
        self.say("profile_updated", at, profile=who, traits={"email": f"{who}@example.com", **more})
        self.say("consent_given", at, profile=who, channel="email", purpose="marketing")
        self.say("consent_given", at, profile=who, channel="sms", purpose="marketing")

    def live(self, until: timedelta) -> None:
        self.world.run(max(self.world.clock.at, START + until))

    def end(self) -> list[tuple[str, str, datetime]]:
        """Live on for a week, check everything, and return (template, address, when) of what went out."""
        self.live(7 * D)
        self.checker.check_end()
        templates = {id: message.template for id, message in self.checker.messages.items()}
        return [(templates[call.message], call.address, call.at) for call in self.checker.calls]

    def profile(self, kind: str, value: str) -> Profile:
        """Return whom an identifier leads to, in the end."""
        id = self.world.identities.known[kind, "" if kind in ("email", "phone") else "track/main", value]
        while (into := self.world.customers.profiles[id].merged_into) is not None:
            id = into
        return self.world.customers.profiles[id]

    def reasons(self, kind: str) -> list[str]:
        logs = [reason for profile in self.world.customers.profiles.values() for reason in profile.log]
        return [reason.reason for reason in logs if reason.kind == kind]


@pytest.mark.parametrize("ordered", [None, 20 * M, 40 * M], ids=["never", "before the coupon", "after it"])
@pytest.mark.parametrize("identified", [5 * M, 20 * M, 35 * M])
def test_an_anonymous_cart_is_rescued_once_it_is_known_whose_it_is(
    identified: timedelta, ordered: timedelta | None
) -> None:
    history = History()
    history.meet()
    history.say("cart_updated", **DEVICE, properties=CART)
    if ordered is not None and ordered < identified:
        history.say("order_completed", ordered, profile=MINA, properties=CART)
    history.say("profile_updated", identified, profile=MINA, **DEVICE)
    if ordered is not None and ordered >= identified:
        history.say("order_completed", ordered, profile=MINA, properties=CART)
    sent = history.end()
    known = history.profile("anonymous", "device-1")
    assert known.id == history.profile("external", MINA).id
    # A stranger cannot be reached: what fell due before the device was known went nowhere.
    coupons = [address for template, address, _ in sent if template == "coupon"]
    expects = identified < 30 * M and (ordered is None or ordered > 30 * M)
    assert coupons == ([MAIL] if expects else [])
    assert len(history.reasons("converted")) == (ordered is not None)
    assert sorted(history.reasons("merged")) == [f"merged into {known.id}", f"merged with {known.former[1]}"]


def test_the_event_that_says_whose_cart_it_is_may_be_the_order_itself() -> None:
    history = History()
    history.meet()
    history.say("cart_updated", **DEVICE, properties=CART)
    history.say("order_completed", 10 * M, profile=MINA, **DEVICE, properties=CART)
    assert history.end() == []
    assert len(history.reasons("converted")) == 1


@pytest.mark.parametrize("joined", [H, 3 * D - H, 3 * D + 2 * H])
def test_a_booking_by_phone_and_an_order_by_customer_id_are_joined_later(joined: timedelta) -> None:
    history = History()
    starts = START + 3 * D
    entry = {"kind": "booking", "id": "b1", "starts_at": starts.isoformat()}
    history.say("entry_updated", traits={"phone": PHONE}, entry=entry)
    history.meet(at=M)
    history.say("order_completed", 10 * M, profile=MINA, properties=CART)
    history.say("profile_updated", joined, profile=MINA, traits={"phone": PHONE})
    sent = history.end()
    assert history.profile("phone", PHONE).id == history.profile("external", MINA).id
    assert [template for template, _, _ in sent] == ["prepare", "reminder", "review"]
    # The elder is the one who booked; the address that came with the other is found as soon as they are one.
    assert {at for template, _, at in sent if template == "reminder"} == {starts - 2 * H}
    addresses = {template: address for template, address, _ in sent}
    assert addresses["reminder"] == (MAIL if joined < 3 * D - 2 * H else PHONE)
    assert addresses["review"] == MAIL


def test_two_devices_of_one_person_are_one_and_their_carts_two() -> None:
    history = History()
    history.meet()
    for number in (1, 2):
        cart = {"cart_id": f"cart-{number}", "total": 50}
        history.say("cart_updated", number * M, anonymousId=f"device-{number}", properties=cart)
    for number in (1, 2):
        history.say("profile_updated", (9 + number) * M, profile=MINA, anonymousId=f"device-{number}")
    sent = history.end()
    assert [(template, address) for template, address, _ in sent][:2] == [("coupon", MAIL), ("coupon", MAIL)]
    assert len(history.profile("external", MINA).former) == 3


def test_one_device_of_two_people_glues_nobody() -> None:
    history = History()
    for who in (MINA, "nari"):
        history.meet(who)
    for number, who in enumerate((MINA, "nari", MINA, "nari")):
        history.say("profile_updated", number * M, profile=who, **DEVICE)
    history.say("cart_updated", 5 * M, profile="nari", properties=CART, **DEVICE)
    sent = history.end()
    assert history.profile("external", MINA).id != history.profile("external", "nari").id
    assert {address for _, address, _ in sent} == {"nari@example.com"}


def test_a_public_key_joins_nobody() -> None:
    history = History()
    history.meet()
    call = b'{"type": "page", "userId": "mina", "anonymousId": "device-1", "messageId": "p1"}'
    request = Request({}, call, START, "main", history.world.connections.settings("track", "main"), "/v1/page")
    history.world.stations.ingest.take(load("sources", "track"), request, trusted=False)
    history.end()
    assert history.profile("anonymous", "device-1").id != history.profile("external", MINA).id
    assert history.reasons("merged") == []


def known_twice(history: History) -> None:
    """Let Mina be two customers: one by phone, who consents and can be reached, and one by id."""
    history.say("profile_updated", profile=MINA)
    for channel in ("email", "sms"):
        consent = {"channel": channel, "purpose": "marketing"}
        history.say("consent_given", M, traits={"email": MAIL, "phone": PHONE}, **consent)
    history.say("cart_updated", 2 * M, traits={"email": MAIL, "phone": PHONE}, properties=CART)


def test_a_message_that_lies_in_the_queue_while_its_customer_becomes_another_goes_out_once() -> None:
    history = History()
    known_twice(history)
    history.live(31 * M)
    outbox = history.world.outbox
    hand_over = history.world.traffic.hand_over
    kept: list[OutboxMessage] = []
    history.world.traffic.hand_over = lambda queue, messages: kept.extend(messages)  # type: ignore[method-assign]
    history.live(33 * M)
    assert len(kept) == 1
    history.say("profile_updated", 34 * M, profile=MINA, traits={"email": MAIL, "phone": PHONE})
    history.live(35 * M)
    loser = kept[0].profile
    assert history.world.customers.profiles[loser].merged_into is not None
    history.world.traffic.hand_over = hand_over  # type: ignore[method-assign]
    outbox.put(kept)
    outbox.put(kept)
    sent = history.end()
    assert [template for template, _, _ in sent] == ["coupon", "last-call"]


def test_a_timer_that_rings_for_a_customer_who_is_another_now_rings_for_nobody() -> None:
    history = History()
    known_twice(history)
    history.say("profile_updated", 20 * M, profile=MINA, traits={"email": MAIL, "phone": PHONE})
    history.live(21 * M)
    losers = [profile.id for profile in history.world.customers.profiles.values() if profile.merged_into]
    assert [profile for _, profile in history.world.alarms.set if profile in losers] == losers
    sent = history.end()
    assert [template for template, _, _ in sent] == ["coupon", "last-call"]
    assert sent[0][2] == START + 32 * M


@pytest.mark.parametrize("wait", [timedelta(), timedelta(seconds=1)], ids=["half done", "done"])
def test_a_chain_of_merges_ends_at_one_customer(wait: timedelta) -> None:
    history = History()
    known_twice(history)
    history.say("cart_updated", 3 * M, **DEVICE, properties={"cart_id": "cart-2", "total": 50})
    history.say("profile_updated", 10 * M, traits={"email": MAIL, "phone": PHONE}, **DEVICE)
    history.live(10 * M + wait)
    history.say("profile_updated", 10 * M + wait, profile=MINA, traits={"email": MAIL, "phone": PHONE})
    sent = history.end()
    assert [(template, address) for template, address, _ in sent][:2] == [("coupon", MAIL)] * 2
    ids = {history.profile(*one).id for one in (("anonymous", "device-1"), ("email", MAIL), ("external", MINA))}
    assert len(ids) == 1


# ---- a request that breaks off ---------------------------------------------------------------------------------


def broken(history: History, place: str, method: str, fault: str) -> Ingest:
    """Return an ingest that fails once, at one call."""

    class Once(Faults):
        def strike(self, place: str, *kinds: str, rate: float | None = None) -> str | None:
            return None if self.hits.total() else super().strike(place, fault, rate=1.0)

    world = history.world
    ports: dict[str, Any] = {
        "identities": world.identities,
        "contacts": world.contacts,
        "inbox": world.inbox,
    }
    ports[place] = FaultyPort(ports[place], place, (method,), Once(0, 1.0))
    return Ingest(
        ports["identities"],
        ports["contacts"],
        world.suppressions,
        ports["inbox"],
        world.connections,
        world.counting.archive,
        "KR",
    )


@pytest.mark.parametrize("fault", ["crash before", "crash after", "unavailable", "answer lost"])
@pytest.mark.parametrize(
    ("place", "method"), [("identities", "resolve"), ("contacts", "put"), ("inbox", "put"), ("identities", "settle")]
)
def test_a_request_that_breaks_off_anywhere_is_mended_by_its_repetition(place: str, method: str, fault: str) -> None:
    history = History()
    history.meet()
    history.say("cart_updated", **DEVICE, properties=CART)
    history.live(5 * M)
    whole = history.world.stations.ingest
    history.world.stations.ingest = broken(history, place, method, fault)
    call = {"id": "x", "event": "profile_updated", "profile": MINA, "traits": {"email": MAIL}, **DEVICE}
    history.world.say(call)  # says it again by itself
    history.live(25 * M)
    history.world.stations.ingest = whole
    sent = history.end()
    assert [template for template, _, _ in sent] == ["coupon"]
    assert history.profile("anonymous", "device-1").id == history.profile("external", MINA).id
    known = history.world.identities.known
    assert known["anonymous", "track/main", "device-1"] == known["external", "track/main", MINA]
