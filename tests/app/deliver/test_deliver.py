"""Deliver: every gate, every outcome, every crash; a marketing message never leaves twice, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.deliver.deliver import CLAIM_LEASE, REPEATS_MAX, UNKNOWN_AFTER
from kairos.app.ports import OutboxMessage
from kairos.domain.errors import Gone, Refused, Throttled, Unavailable
from kairos.domain.event import event_from_json, event_to_json
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Consent, Entry
from kairos.registry import Occasion
from tests.app.delivery import ADDRESS, BRAND, NOON, TEMPLATES, Crash, World, profile

M = timedelta(minutes=1)


def _told(world: World) -> list[tuple[str, Any]]:
    return [(event.name, event.properties.get("reason")) for event in world.reports()]


# ---- a message that goes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("marketing", [True, False])
def test_a_message_whose_gates_are_open_goes_out_and_the_journeys_hear_of_it(marketing: bool) -> None:
    world = World(marketing=marketing)
    [done] = world.run()
    assert done.outcome.kind == "sent"
    [delivery] = world.channel.taken
    assert delivery.address == ADDRESS
    assert delivery.rendered.parts == {"subject": "Hi Ann", "text": "9000 won"}
    assert delivery.tags == {
        "kairos_message": "m1",
        "kairos_profile": "p1",
        "kairos_journey": "cart",
        "kairos_step": "hello",
    }
    assert (delivery.unsubscribe_url is not None) is marketing
    assert delivery.at == NOON
    assert world.ledger.rows["m1"].state == "sent"
    [event] = world.reports()
    assert (event.name, event.message, event.source, event.correlation) == ("message_sent", "m1", "deliver", "corr-1")
    said = {"channel": "email", "marketing": marketing, "provider_id": "ok-1"}
    words = {"template": "hello", "language": "ko", "content": event.properties["content"]}
    assert event.properties == said | words
    assert event_from_json(event_to_json(event)) == event


def test_the_opt_out_link_of_a_message_names_its_own_address() -> None:
    world = World()
    world.run()
    url = world.channel.taken[0].unsubscribe_url
    assert url is not None
    refusal = world.deliver._gates._links.read(url.rpartition("/")[2])
    assert refusal is not None
    assert refusal.address_hash == world.suppressions.hash_address(ADDRESS)
    assert (refusal.channel, refusal.profile, refusal.message) == ("email", "p1", "m1")


def test_what_is_told_and_logged_names_nobody() -> None:
    world = World()
    world.publish(BRAND, {"hello": {"email": {"subject": "{{ first_name | divided_by: 0 }}", "text": "x"}}})
    [done] = world.run()
    world.publish(BRAND)
    [sent] = world.run()
    shown = str([done.facts, sent.facts, *(event_to_json(event) for event in world.reports())])
    assert "Ann" not in shown
    assert ADDRESS not in shown


# ---- gates -----------------------------------------------------------------------------------------------------


def _erase(world: World) -> None:
    world.customers.profiles.clear()


def _exit(world: World) -> None:
    world.customer.messages.clear()
    world.save()


def _withdraw(world: World) -> None:
    world.customer.consents["email", "marketing"] = Consent(False, NOON)
    world.save()


def _forget_consent(world: World) -> None:
    world.customer.consents.clear()
    world.save()


def _suppress(purpose: str) -> Callable[[World], None]:
    return lambda world: world.suppressions.suppress("email", ADDRESS, purpose, "test", NOON)


def test_a_consent_after_an_unsubscription_opens_the_gate_again_and_no_other_consent_does() -> None:
    for given, reason, opened in ((M, "unsubscribed", True), (-M, "unsubscribed", False), (M, "bounced", False)):
        world = World()
        world.suppressions.suppress("email", ADDRESS, "marketing", reason, NOON)
        world.customer.consents["email", "marketing"] = Consent(True, NOON + given)
        world.save()
        [done] = world.run()
        assert done.outcome.kind == ("sent" if opened else "not_sent"), (given, reason)


def test_a_refusal_after_the_new_consent_stops_at_once_although_the_profile_has_not_heard_of_it() -> None:
    world = World()
    for at in (NOON, NOON + 2 * M):
        world.suppressions.suppress("email", ADDRESS, "marketing", "unsubscribed", at)
    world.customer.consents["email", "marketing"] = Consent(True, NOON + M)
    world.save()
    world.run()
    assert _told(world) == [("message_not_sent", "suppressed")]


def _lose_address(world: World) -> None:
    world.contacts.put("p1", "profile", {"email": None}, NOON + timedelta(days=1))


def _break_address(world: World) -> None:
    world.contacts.put("p1", "profile", {"email": "ann@@example"}, NOON + timedelta(days=1))


def _expire(world: World) -> None:
    world.customer.messages["m1"] = replace(world.customer.messages["m1"], expires_at=NOON)
    world.save()


def _lose_template(world: World) -> None:
    world.publish(BRAND, {})


def _empty_template(world: World) -> None:
    world.publish(BRAND, {"hello": {"email": {"subject": "{{ first_name }}", "text": "{{ x | default: '' }}"}}})


def _lose_blank(world: World) -> None:
    world.publish(BRAND, {"hello": {"email": {"subject": "Hi {{ nickname }}", "text": "x"}}})


def _lose_contact_line(world: World) -> None:
    world.publish({**BRAND, "policies": ["kr"], "sender": {"email": "hello@example.com"}})


CLOSED_FOR_ALL: list[tuple[Callable[[World], None], str]] = [
    (_exit, "no longer wanted"),
    (_suppress("all"), "suppressed"),
    (_lose_address, "no address"),
    (_break_address, "no address"),
    (_expire, "expired"),
    (_lose_template, "there is no template hello"),
    (_empty_template, "template hello, email.text is empty"),
    (_lose_blank, "template hello, email.subject, line 1: no value for nickname; give it one or a default"),
]
CLOSED_FOR_MARKETING: list[tuple[Callable[[World], None], str]] = [
    (_withdraw, "no consent"),
    (_forget_consent, "no consent"),
    (_suppress("marketing"), "suppressed"),
    (_lose_contact_line, "kr: 정보통신망법 §50④: the sender's contact (brand.sender.contact) is missing"),
]


@pytest.mark.parametrize("marketing", [True, False])
@pytest.mark.parametrize(("close", "reason"), CLOSED_FOR_ALL, ids=lambda value: getattr(value, "__name__", ""))
def test_a_closed_gate_stops_every_message_and_says_why(
    close: Callable[[World], None], reason: str, marketing: bool
) -> None:
    world = World(marketing=marketing)
    close(world)
    [done] = world.run()
    assert world.channel.taken == []
    assert _told(world) == [("message_not_sent", reason)]
    assert done.outcome.kind == "not_sent"
    assert world.ledger.rows == {}


@pytest.mark.parametrize(("close", "reason"), CLOSED_FOR_MARKETING, ids=lambda value: getattr(value, "__name__", ""))
def test_a_gate_about_advertising_stops_marketing_and_lets_a_receipt_pass(
    close: Callable[[World], None], reason: str
) -> None:
    marketing, transactional = World(), World(marketing=False)
    for world in (marketing, transactional):
        close(world)
        world.run()
    assert marketing.channel.taken == []
    assert _told(marketing) == [("message_not_sent", reason)]
    assert len(transactional.channel.taken) == 1


def test_an_erased_profile_gets_nothing_and_is_told_nothing_that_could_bring_it_back() -> None:
    world = World()
    _erase(world)
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "erased")
    assert world.channel.taken == []
    assert world.reports() == []


def test_the_class_in_the_item_rules_over_the_one_in_the_queue() -> None:
    world = World()
    _withdraw(world)
    world.run(replace(world.request, marketing=False))
    assert world.channel.taken == []


@pytest.mark.parametrize(("hour", "goes"), [(20, True), (21, False), (23, False), (7, False), (8, True)])
def test_quiet_hours_of_the_recipient_hold_marketing_until_they_end(hour: int, goes: bool) -> None:
    world = World()
    world.clock.at = NOON + timedelta(hours=(hour - 12) % 24)
    world.customer.messages["m1"] = replace(world.customer.messages["m1"], expires_at=NOON + timedelta(days=3))
    world.save()
    world.run()
    assert len(world.channel.taken) == int(goes)
    if not goes:
        [event] = world.reports()
        assert (event.name, event.properties["reason"]) == ("message_held", "quiet hours")
        until = parse_instant(event.properties["until"])
        assert until > world.clock.at
        assert (until - NOON) % timedelta(days=1) == timedelta(hours=20)  # 08:00 in Seoul
        assert world.ledger.rows == {}


def test_quiet_hours_are_asked_of_the_moment_of_sending_not_of_the_start_of_the_batch() -> None:
    world = World()
    world.clock.at = NOON + timedelta(hours=8, minutes=59, seconds=58)

    def slowly(port: str, method: str, when: str) -> None:
        if (port, method, when) == ("suppressions", "suppressed", "after"):
            world.clock.advance(timedelta(seconds=2))

    world.on = slowly
    world.run()
    assert world.channel.taken == []
    assert _told(world) == [("message_held", "quiet hours")]


def test_a_transactional_message_is_not_held_at_night() -> None:
    world = World(marketing=False)
    world.clock.at = NOON + timedelta(hours=11)
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("marketing", [True, False])
def test_a_stop_of_everything_holds_every_class_before_anything_is_leased_or_claimed(marketing: bool) -> None:
    world = World(marketing=marketing)
    world.point(stopped=True)
    world.run()
    assert world.channel.taken == []
    assert _told(world) == [("message_held", "stopped")]
    assert world.ledger.rows == {}
    assert world.tokens.used == {}


def test_a_paused_journey_holds_its_messages_and_no_others() -> None:
    world = World()
    world.point(paused=frozenset({"other"}))
    world.run()
    assert len(world.channel.taken) == 1
    world = World()
    world.point(paused=frozenset({"cart"}))
    world.run()
    assert world.channel.taken == []
    assert _told(world) == [("message_held", "paused")]
    assert "until" not in world.reports()[0].properties


def test_a_held_message_is_left_to_its_journey() -> None:
    world = World()
    world.customer.messages["m1"] = replace(
        world.customer.messages["m1"], state="held", until=NOON + timedelta(hours=1)
    )
    world.save()
    [done] = world.run()
    assert done.outcome.kind == "idle"
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


def test_a_brand_under_korean_law_labels_its_advertising() -> None:
    world = World(brand={"policies": ["kr"]})
    world.run()
    parts = world.channel.taken[0].rendered.parts
    assert parts["subject"] == "(광고) Hi Ann"
    assert "수신거부" in parts["text"]


def test_an_address_in_another_form_is_the_same_address_to_a_suppression() -> None:
    world = World()
    world.contacts.put("p1", "profile", {"email": " Ann@Example.COM "}, NOON + timedelta(days=1))
    _suppress("all")(world)
    world.run()
    assert world.channel.taken == []
    assert _told(world) == [("message_not_sent", "suppressed")]


# ---- stops that come in between --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [("ledger", "claim", "after"), ("tokens", "lease", "before")])
@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (_suppress("marketing"), [("message_not_sent", "suppressed")]),
        (_exit, [("message_not_sent", "no longer wanted")]),
        (_withdraw, [("message_not_sent", "no consent")]),
        (_erase, []),
        (lambda world: world.point(stopped=True), [("message_held", "stopped")]),
        (lambda world: world.point(paused=frozenset({"cart"})), [("message_held", "paused")]),
    ],
    ids=["opt-out", "cancel", "withdrawal", "erase", "stop-all", "pause"],
)
def test_a_stop_after_the_batch_began_still_stops(
    stop: Callable[[World], None], told: list[tuple[str, Any]], moment: tuple[str, str, str]
) -> None:
    world = World()

    def at_the_moment(*call: str) -> None:
        if call == moment:
            stop(world)

    world.on = at_the_moment
    world.run()
    assert world.channel.taken == []
    assert _told(world) == told
    assert world.ledger.rows == {}


@pytest.mark.parametrize("stop", [{"stopped": True}, {"paused": frozenset({"cart"})}], ids=["stop-all", "pause"])
def test_a_stop_in_the_middle_of_a_batch_stops_the_rest_of_it(stop: dict[str, Any]) -> None:
    world = World()
    second = profile("p2", message="m2")
    world.customers.write(second, (), None, None)
    world.contacts.put("p2", "profile", {"email": "bo@example.com", "first_name": "Bo"}, NOON)

    def after_the_first(*call: str) -> None:
        if call == ("provider", "send", "after"):
            world.point(**stop)

    world.on = after_the_first
    world.run(world.request, OutboxMessage("p2", "m2", "email", True, 1))
    assert [delivery.message for delivery in world.channel.taken] == ["m1"]
    assert [event.name for event in world.reports()] == ["message_sent", "message_held"]


def test_a_client_that_cannot_be_made_is_no_unknown_outcome() -> None:
    world = World()
    del world.clients["email"]
    [done] = world.run()
    assert (done.outcome.kind, world.ledger.rows) == ("failed", {})
    world.clients["email"] = None
    assert world.run()[0].outcome.kind == "sent"


# ---- merges ----------------------------------------------------------------------------------------------------


def test_a_message_follows_its_customer_into_another_profile_and_finds_contacts_under_both() -> None:
    world = World()
    winner = profile("p2")
    winner.former = ("p1",)
    world.customers.write(winner, (), None, None)
    loser = world.customer
    loser.messages.clear()
    loser.merged_into = "p2"
    world.save()
    world.contacts.put("p2", "profile", {"first_name": "Anna"}, NOON + timedelta(days=1))
    world.run()
    [delivery] = world.channel.taken
    assert (delivery.address, delivery.rendered.parts["subject"]) == (ADDRESS, "Hi Anna")
    assert [event.profile for event in world.reports()] == ["p2"]


def test_a_message_whose_merge_is_under_way_waits_for_it() -> None:
    world = World()
    world.customers.write(replace(profile("p2"), messages={}), (), None, None)
    world.customer.merged_into = "p2"
    world.save()
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "merging")
    assert [message for _, message in world.queued()] == [world.request]
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


def test_profiles_that_point_at_each_other_do_not_spin() -> None:
    world = World()
    other = profile("p2")
    other.merged_into, other.former = "p1", ("p1",)
    world.customers.write(other, (), None, None)
    world.customer.merged_into, world.customer.former = "p2", ("p2",)
    world.save()
    [done] = world.run()
    assert done.outcome.kind == "not_sent"
    assert world.channel.taken == []


# ---- tokens ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("marketing", "low", "high"), [(True, 20, 300), (False, 1, 15)])
def test_without_a_token_a_request_goes_back_unclaimed_with_a_delay(marketing: bool, low: int, high: int) -> None:
    world = World(marketing=marketing, brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "no token")
    [(delay, message)] = world.queued()
    assert low <= delay <= high
    assert message == world.request
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


@pytest.mark.parametrize("marketing", [True, False])
def test_a_batch_without_tokens_does_not_come_back_in_one_second(marketing: bool) -> None:
    world = World(marketing=marketing, brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    world.run(*(OutboxMessage(f"p{n}", f"m{n}", "email", marketing, 1) for n in range(9)))
    delays = [delay for delay, _ in world.queued()]
    assert len(delays) == 9
    assert len(set(delays)) > 4, "they come back together"


def test_the_brands_rate_bounds_a_second_and_transactional_requests_go_first() -> None:
    world = World(brand={"rates": {"email": {"per_second": 1}}})
    receipt = profile("p3", marketing=False, message="m3")
    world.customers.write(receipt, (), None, None)
    world.contacts.put("p3", "profile", {"email": "bo@example.com", "first_name": "Bo"}, NOON)
    done = world.run(world.request, OutboxMessage("p3", "m3", "email", False, 1))
    assert [delivery.message for delivery in world.channel.taken] == ["m3"]
    assert {one.request.message.message: one.outcome.kind for one in done} == {"m3": "sent", "m1": "waiting"}


def test_a_channel_that_is_not_there_is_a_reason_and_not_a_crash() -> None:
    world = World()
    [done] = world.run(replace(world.request, channel="pigeon"))
    assert done.outcome.code == "no channel"
    assert _told(world) == [("message_not_sent", "no channel is called pigeon")]


# ---- what the provider answers ---------------------------------------------------------------------------------


def test_a_refusal_frees_the_claim_and_says_refused_so_that_another_channel_is_tried() -> None:
    world = World()
    world.channel.refusing(Refused("ses", "MessageRejected"))
    world.run()
    assert _told(world) == [("message_not_sent", "refused")]
    assert world.reports()[0].properties["detail"] == "MessageRejected"
    assert world.ledger.rows == {}


def test_a_throttled_call_frees_the_claim_and_waits() -> None:
    world = World()
    world.channel.refusing(Throttled("ses", "TooManyRequestsException"))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "throttled")
    assert world.ledger.rows == {}
    assert world.reports() == []
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("error", [Unavailable("ses", "ReadTimeoutError"), RuntimeError("a bug in the channel")])
def test_marketing_of_unknown_outcome_is_never_called_again_and_closed_after_three_days(error: Exception) -> None:
    world = World()
    world.channel.answers = [error]
    [done] = world.run()
    assert done.outcome.metrics == ("UnknownSends",)
    assert world.ledger.rows["m1"].state == "unknown"
    assert world.queued() == []
    for asks in range(2, 6):
        world.clock.advance(timedelta(hours=3))
        [done] = world.run(replace(world.request, asks=asks))
        assert done.outcome.kind == "idle"
    assert world.reports() == []
    world.clock.at = NOON + UNKNOWN_AFTER + timedelta(seconds=1)
    world.run(replace(world.request, asks=9))
    assert _told(world) == [("message_not_sent", "unknown")]
    assert len(world.channel.taken) == 1


def test_a_receipt_of_unknown_outcome_is_tried_again_once_nobody_can_still_be_at_it() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses", "ReadTimeoutError")]
    [done] = world.run()
    assert done.outcome.metrics == ("UnknownSends",)
    [(delay, message)] = world.queued()
    assert timedelta(seconds=delay) >= CLAIM_LEASE
    [early] = world.run(message)
    assert (early.outcome.kind, early.outcome.code) == ("waiting", "claimed")
    assert len(world.channel.taken) == 1
    world.clock.advance(timedelta(seconds=delay))
    [done] = world.run(message)
    assert done.outcome.metrics == ("Sent", "RepeatedSends")
    assert len(world.channel.taken) == 2
    assert world.ledger.rows["m1"].state == "sent"


def test_a_receipt_is_not_repeated_without_end() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")] * 20
    for _ in range(20):
        world.run()
        world.clock.advance(CLAIM_LEASE)
    assert len(world.channel.taken) == 1 + REPEATS_MAX
    assert ("message_not_sent", "unknown") in _told(world)


def test_a_repetition_that_is_throttled_keeps_its_count() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")]
    world.run()
    for _ in range(REPEATS_MAX):
        world.clock.advance(CLAIM_LEASE)
        world.channel.refusing(Throttled("ses"))
        world.run()
    world.clock.advance(CLAIM_LEASE)
    world.run()
    assert len(world.channel.taken) == 1
    assert _told(world) == [("message_not_sent", "unknown")]


def test_a_receipt_whose_sending_is_known_meanwhile_is_not_repeated() -> None:
    world = World(marketing=False)
    world.channel.answers = [Unavailable("ses")]
    world.run()
    _exit(world)  # the provider's own event settled it
    world.clock.advance(CLAIM_LEASE)
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("marketing", [True, False])
def test_a_message_that_was_sent_is_reported_again_and_never_called_again(marketing: bool) -> None:
    world = World(marketing=marketing)
    world.run()
    [event] = world.reports()
    world.clock.advance(timedelta(days=2))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.metrics) == ("sent", ())
    again = world.reports()[-1]
    assert (again.id, again.name, again.properties) == (event.id, event.name, event.properties)
    assert len(world.channel.taken) == 1


def test_two_deliveries_of_one_request_at_once_make_one_call() -> None:
    for marketing in (True, False):
        world = World(marketing=marketing)
        inner: list[str] = []

        def meanwhile(*call: str, world: World = world, inner: list[str] = inner) -> None:
            if call == ("provider", "send", "before") and not inner:
                inner.append("running")
                [done] = world.run()
                inner.append(done.outcome.kind)

        world.on = meanwhile
        world.run()
        assert len(world.channel.taken) == 1
        assert inner[1] == ("idle" if marketing else "waiting")


# ---- what fails beside the provider ----------------------------------------------------------------------------


def _fail_at(world: World, moment: tuple[str, str, str], error: BaseException) -> None:
    def fail(*call: str) -> None:
        if call == moment:
            world.on = lambda *call: None
            raise error

    world.on = fail


@pytest.mark.parametrize("marketing", [True, False])
@pytest.mark.parametrize(
    "moment",
    [
        ("releases", "pointer", "before"),
        ("tokens", "lease", "before"),
        ("ledger", "claim", "before"),
        ("customers", "read", "before"),
        ("contacts", "fetch", "before"),
        ("suppressions", "suppressed", "before"),
    ],
)
def test_a_gate_that_cannot_be_read_fails_the_request_and_loses_nothing(
    moment: tuple[str, str, str], marketing: bool
) -> None:
    world = World(marketing=marketing)
    _fail_at(world, moment, Unavailable("dynamodb"))
    [done] = world.run()
    assert (done.outcome.kind, world.channel.taken, world.ledger.rows) == ("failed", [], {})
    [done] = world.run()
    assert done.outcome.kind == "sent"


def test_journeys_that_cannot_be_told_hear_of_it_when_the_request_comes_again() -> None:
    world = World()
    _fail_at(world, ("inbox", "put", "before"), Unavailable("inbox"))
    [done] = world.run()
    assert done.outcome.kind == "failed"
    [done] = world.run()
    assert done.outcome.kind == "sent"
    assert _told(world) == [("message_sent", None)]
    assert len(world.channel.taken) == 1


def test_a_ledger_that_cannot_record_does_not_keep_the_journeys_from_hearing() -> None:
    world = World()
    _fail_at(world, ("ledger", "record", "before"), Unavailable("messages"))
    [done] = world.run()
    assert done.outcome.kind == "sent"
    assert _told(world) == [("message_sent", None)]
    assert world.run()[0].outcome.kind == "idle"
    assert len(world.channel.taken) == 1


def test_a_request_that_cannot_be_put_back_fails_and_so_comes_again() -> None:
    world = World(brand={"rates": {"email": {"per_second": 1, "per_day": 0}}})
    _fail_at(world, ("outbox", "put", "before"), Unavailable("outbox"))
    [done] = world.run()
    assert done.outcome.kind == "failed"


def test_one_bad_message_of_ten_spoils_no_other() -> None:
    world = World()
    requests = []
    for number in range(10):
        customer = profile(f"q{number}", message=f"n{number}")
        world.customers.write(customer, (), None, None)
        world.contacts.put(customer.id, "profile", {"email": f"q{number}@example.com", "first_name": "Q"}, NOON)
        requests.append(OutboxMessage(customer.id, f"n{number}", "email", True, 1))
    world.customers.profiles["q4"].consents = None  # type: ignore[assignment]
    done = world.run(*requests)
    kinds = {one.request.message.message: one.outcome.kind for one in done}
    assert kinds.pop("n4") == "failed"
    assert set(kinds.values()) == {"sent"}
    assert "n4" not in world.ledger.rows


def test_nothing_new_is_begun_when_the_time_is_up() -> None:
    world = World()
    [done] = world.run(until=NOON)
    assert (done.outcome.kind, done.outcome.code) == ("waiting", "out of time")
    assert [message for _, message in world.queued()] == [world.request]
    assert (world.channel.taken, world.ledger.rows) == ([], {})


# ---- crashes ---------------------------------------------------------------------------------------------------


def _moments(marketing: bool) -> list[tuple[str, str, str]]:
    world = World(marketing=marketing)
    seen: list[tuple[str, str, str]] = []
    world.on = lambda *call: seen.append(call)
    world.run()
    return seen


CRASHES = [(marketing, index) for marketing in (True, False) for index in range(len(_moments(marketing)))]


def _crash_at(world: World, index: int) -> None:
    """Run the world's request and kill the function at the index-th moment."""
    count = 0

    def crash(*call: str) -> None:
        nonlocal count
        count += 1
        if count == index + 1:
            raise Crash

    world.on = crash
    with pytest.raises(Crash):
        world.run()
    world.on = lambda *call: None


def _come_again(world: World) -> None:
    """Let the queue make the request visible again, several times."""
    for _ in range(4):
        world.clock.advance(timedelta(minutes=6))
        world.run()


@pytest.mark.parametrize(("marketing", "index"), CRASHES)
def test_killed_between_any_two_calls_a_message_is_neither_lost_nor_marketing_repeated(
    marketing: bool, index: int
) -> None:
    moments = _moments(marketing)
    claimed, recorded = moments.index(("ledger", "claim", "after")), moments.index(("ledger", "record", "after"))
    called = moments.index(("provider", "send", "after"))
    world = World(marketing=marketing)
    _crash_at(world, index)
    assert len(world.channel.taken) == int(index >= called)
    _come_again(world)
    unknown = claimed <= index < recorded
    if marketing and unknown:
        assert len(world.channel.taken) == int(index >= called)
        assert _told(world) == []
        world.clock.at = NOON + UNKNOWN_AFTER + timedelta(minutes=1)
        world.run(replace(world.request, asks=2))
        assert _told(world) == [("message_not_sent", "unknown")]
        assert len(world.channel.taken) == int(index >= called)
        return
    assert set(_told(world)) == {("message_sent", None)}
    assert len(world.channel.taken) == (2 if unknown and index >= called else 1)


@pytest.mark.parametrize("index", range(len(_moments(True))))
def test_an_opt_out_at_any_moment_before_the_gates_are_read_keeps_the_message_in(index: int) -> None:
    moments = _moments(True)
    world = World()
    count = 0

    def opt_out(*call: str) -> None:
        nonlocal count
        if count == index:
            _suppress("marketing")(world)
        count += 1

    world.on = opt_out
    world.run()
    read_at = moments.index(("suppressions", "suppressed", "before"))
    assert (world.channel.taken == []) == (index <= read_at)


def test_a_template_of_the_live_release_is_used_from_the_next_message_on() -> None:
    world = World()
    world.publish(BRAND, {**TEMPLATES, "hello": {"email": {"subject": "New", "text": "new"}}})
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "New"


def test_an_address_that_has_died_closes_its_channel_and_the_claim_is_given_back() -> None:
    world = World()
    world.channel.refusing(Gone("sns", "EndpointDisabled"))
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "not reachable")
    [event] = world.reports()
    assert (event.name, event.reach) == ("message_not_sent", {"email": False})
    assert (event.properties["reason"], event.properties["bounce_type"]) == ("not reachable", "permanent")
    assert event.properties["detail"] == "EndpointDisabled"
    assert event_from_json(event_to_json(event)) == event
    assert world.ledger.rows == {}


def test_a_receiver_that_knows_messages_by_their_id_is_asked_again_with_pauses_that_grow() -> None:
    world = World()
    world.channel.repeatable = True
    world.deliver = world.build()
    waits = []
    for minutes in (0, 5, 9, 300):
        world.clock.at = NOON + minutes * M
        world.channel.refusing(Unavailable("webhook", "503"))
        [done] = world.run()
        assert (done.outcome.kind, done.outcome.code, done.outcome.detail) == ("waiting", "no answer", "503")
        assert world.ledger.rows == {}, "the claim is given back: the next try is a first one"
        waits.append(done.outcome.delay_seconds)
    assert waits[0] < 300
    assert waits[1:] == [300, 540, 900]
    assert world.reports() == []
    world.clock.at = NOON + timedelta(hours=24)
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "expired")


# ---- the words that go -----------------------------------------------------------------------------------------

SPOKEN = {
    "hello": {
        "email": {"subject": "안녕", "text": "{% render 'footer' %}"},
        "languages": {"en": {"email": {"subject": "Hi", "text": "{{ 9000 | money }} {% render 'footer' %}"}}},
        "variants": [
            {"id": "rain", "if": {"field": "weather", "eq": "rain"}, "email": {"subject": "비", "text": "비"}}
        ],
    },
    "footer": {"partial": {"text": "끝"}, "languages": {"en": {"partial": {"text": "end"}}}},
}


def test_the_words_are_chosen_as_the_message_goes_and_the_report_says_which() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    [passage] = world.customer.enrollments.values()
    world.customer.enrollments[passage.id] = replace(passage, properties={"weather": "rain"})
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "비"
    said = world.reports()[0].properties
    assert (said["template"], said["variant"], said["language"]) == ("hello", "rain", "ko")
    assert world.ledger.rows["m1"].words == {key: said[key] for key in ("template", "variant", "language", "content")}


def test_a_customers_language_is_spoken_by_template_partials_and_filters() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    world.customer.traits["locale"] = "en-US"
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts == {"subject": "Hi", "text": "₩9,000 end"}


def test_a_variant_that_was_taken_away_is_not_sent_any_more() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    hello = {key: part for key, part in SPOKEN["hello"].items() if key != "variants"}
    world.publish(BRAND, {**SPOKEN, "hello": hello})
    world.run()
    assert world.channel.taken[0].rendered.parts["text"] == "끝"
    assert "variant" not in world.reports()[0].properties


# ---- what the message is about ---------------------------------------------------------------------------------


def _about(*former: str, id: str = "b1", cancelled: bool = False) -> Occasion | None:
    world = World()
    entry = Entry("booking", id, NOON + 5 * M, None, {}, NOON - M, cancelled, former)
    [passage] = world.customer.enrollments.values()
    world.customer.entries[entry.key] = entry
    world.customer.enrollments[passage.id] = replace(passage, entry=entry.key)
    world.save()
    world.run()
    return world.channel.taken[0].occasion


def test_a_booking_that_moved_under_a_new_id_is_still_the_same_occasion() -> None:
    first, moved, other = _about(), _about("b1", id="b2"), _about(id="b3")
    assert first is not None
    assert moved is not None
    assert other is not None
    assert first.uid == moved.uid != other.uid
    assert (first.starts_at, first.told_at, first.cancelled) == (NOON + 5 * M, NOON - M, False)


def test_a_message_about_a_cancelled_booking_says_so_and_one_about_none_says_nothing() -> None:
    cancelled = _about(cancelled=True)
    assert cancelled is not None
    assert cancelled.cancelled
    world = World()
    world.run()
    assert world.channel.taken[0].occasion is None
