"""Order, repetition and grouping do not matter: one set of events gives one set of messages and one set of facts.

The events all arrive while they are fresh and before the first message is due; what differs is how they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kairos.app.decide import decide
from kairos.app.inbox import HandleInbox
from kairos.app.ports import InboxMessage, Pointer, Received
from kairos.app.publish.release import Release
from kairos.domain.effects import Effect, Send
from kairos.domain.event import ConsentFact, Event, Wake
from kairos.domain.profile import Profile
from kairos.memory import MemoryArchive, MemoryClock, MemoryConsents, MemoryCustomers, MemoryParking, MemoryReleases
from tests.app.decide.world import NOON, booking, cancelled, consent, make_event, release_of

S, M, H, D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ARRIVED = NOON + 20 * M

CART = {
    "id": "cart",
    "class": "marketing",
    "trigger": {"event": "cart_updated", "where": {"field": "total", "gte": 50}},
    "subject": "cart_id",
    "reenter": "always",
    "restart": True,
    "goal": {"event": "order_completed", "within": "7d"},
    "exit": [{"event": "cart_emptied"}],
    "steps": [
        {"wait": "1h"},
        {"send": "hello"},
        {
            "wait_for": {"event": "replied", "timeout": "1d"},
            "then": [{"stop": "answered"}],
            "else": [{"send": "second"}],
        },
    ],
}
CARE = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello"}, {"at": "-1d 10:00", "send": "third"}, {"at": "+1d", "send": "second"}],
}
RELEASE = release_of(
    CART,
    CARE,
    brand={"caps": [{"channel": "any", "max": 3, "per": "7d"}]},
    segments={"busy": {"did": "cart_updated", "times": {"gte": 3}, "within": "1d"}},
)

seconds = st.integers(min_value=0, max_value=1000)


def _event(kind: str, second: int, n: int) -> Event:
    at = NOON + second * S
    if kind in ("cart_updated", "cart_emptied", "order_completed"):
        properties = {"cart_id": f"c{n % 2}", "total": 10 + 30 * n}
        return make_event(kind, at, properties=properties)
    if kind == "profile_updated":
        return make_event(
            kind, at, traits={"tier": ["gold", "silver", None][n % 3]}, reach={"email": True, "sms": n > 0}
        )
    if kind.startswith("consent"):
        return make_event(kind, at, consent=ConsentFact(["email", "sms"][n % 2], "marketing"))
    if kind == "entry_cancelled":
        return cancelled(at, f"b{n % 2}")
    return booking(at, NOON + (2 + n) * D, f"b{n % 2}")


KINDS = (
    "cart_updated", "cart_emptied", "order_completed", "profile_updated",
    "consent_given", "consent_withdrawn", "entry_updated", "entry_cancelled",
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[list[Event]]]:
    """Return events of distinct instants, and the same ones repeated, shuffled and cut into batches."""
    instants = draw(st.lists(seconds, unique=True, min_size=1, max_size=9))
    events = [_event(draw(st.sampled_from(KINDS)), second, draw(st.integers(0, 3))) for second in sorted(instants)]
    events = [replace(event, id=f"{n}", received_at=ARRIVED) for n, event in enumerate(events)]
    arriving = draw(st.permutations([*events, *draw(st.lists(st.sampled_from(events), max_size=5))]))
    cuts = sorted(draw(st.sets(st.integers(0, len(arriving)), max_size=4)))
    bounds = [0, *cuts, len(arriving)]
    return events, [list(arriving[a:b]) for a, b in pairwise(bounds) if a < b]


def start() -> Profile:
    """Return u1, reachable by e-mail, before anything happened."""
    before = NOON - D
    outcome = decide(None, RELEASE, [make_event("x", before, reach={"email": True}), consent(before)], before)
    assert outcome is not None
    return outcome.profile


def facts(profile: Profile) -> dict[str, Any]:
    """Return what is known, without what tells of the way it came: ids of passages, times of noting, reasons.

    Of a cancelled entry only that matters: when it would have been may have been told too late to be heard.
    """
    live = {
        entry.key: (entry.cancelled, entry.occurred_at, None if entry.cancelled else (entry.starts_at, entry.ends_at))
        for entry in profile.entries.values()
    }
    return {
        "traits": profile.traits,
        "times": profile.trait_times,
        "reach": profile.reach,
        "consents": profile.consents,
        "entries": live,
        "counters": {key: counter.times for key, counter in profile.counters.items()},
        "seen": set(profile.seen),
        "endings": profile.endings,
    }


Told = tuple[str, str, str, str, Any]  # journey, step, subject, channel, due


def live_on(profile: Profile) -> tuple[Profile, list[Told]]:
    """Let every timer ring and every message be sent; return what went out."""
    told: list[Told] = []
    now, inputs = ARRIVED, [Wake("u1")]
    for _ in range(200):
        outcome = decide(profile, RELEASE, inputs, now)
        assert outcome is not None
        profile = outcome.profile
        for reason in outcome.reasons:
            if reason.kind == "message":
                assert reason.due is not None
                assert reason.at >= reason.due, "never before its due time"
                told.append((reason.journey, reason.step, reason.subject, reason.channel, reason.due))
        sent = [effect for effect in outcome.effects if isinstance(effect, Send)]
        inputs = [make_event("message_sent", now, id=f"{s}", message=s.message) for s in sent]  # type: ignore[misc]
        if not inputs:
            if outcome.due is None:
                return profile, sorted(told)
            now, inputs = max(now, outcome.due), [Wake("u1")]
    raise AssertionError("it never ends")


def apply(batches: Sequence[Sequence[Event]]) -> Profile:
    profile = start()
    for batch in batches:
        outcome = decide(profile, RELEASE, batch, ARRIVED)
        assert outcome is not None
        assert not any(isinstance(effect, Send) and effect.marketing for effect in outcome.effects)
        profile = outcome.profile
    return profile


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_any_order_repetition_and_grouping_gives_the_same_facts_and_messages(
    history: tuple[list[Event], list[list[Event]]],
) -> None:
    events, batches = history
    straight, shuffled = apply([events]), apply(batches)
    assert facts(shuffled) == facts(straight)
    first, told = live_on(straight)
    second, told_shuffled = live_on(shuffled)
    assert told_shuffled == told
    assert len(second.sent) == len(first.sent)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_one_by_one_or_together_decides_the_same(history: tuple[list[Event], list[list[Event]]]) -> None:
    events, _ = history
    together, one_by_one = apply([events]), apply([[event] for event in events])
    assert facts(one_by_one) == facts(together)
    assert live_on(one_by_one)[1] == live_on(together)[1]


class CrashingCustomers(MemoryCustomers):
    """Customers whose writes succeed, after which the function may die before it acknowledges."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        super().__init__(stream=lambda profile, version, effects: self.effects.extend(effects))


class Crash(Exception):
    """The function was killed."""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.lists(st.booleans(), min_size=12, max_size=12), st.integers(0, 3))
def test_a_crash_after_the_write_repeats_nothing_when_the_batch_comes_again(
    history: tuple[list[Event], list[list[Event]]], crashes: list[bool], again: int
) -> None:
    _, batches = history
    customers, releases, clock = CrashingCustomers(), MemoryReleases(), MemoryClock(ARRIVED)
    releases.point(Pointer(releases.put_bundle(RELEASE.bundle)), None)
    customers.write(replace(start(), version=0), [], None, None)
    customers.effects.clear()
    inbox = HandleInbox(customers, releases, MemoryParking(), clock, MemoryArchive(), MemoryConsents())
    numbered = [
        [
            Received(f"{i}/{j}", InboxMessage("u1", (event,)), "q", str(10**18 + 100 * i + j))
            for j, event in enumerate(batch)
        ]
        for i, batch in enumerate(batches)
    ]
    for batch, crash in zip(numbered, crashes, strict=False):
        inbox.apply(batch)
        if crash:
            for n in range(again + 1):  # the same batch, or the part of it that was not yet deleted
                assert inbox.apply(batch[n:]).reasons == []
    sends = [effect for effect in customers.effects if isinstance(effect, Send)]
    assert len({(send.message, send.asks) for send in sends}) == len(sends)
    stored = customers.profiles["u1"]
    assert facts(stored) == facts(apply(batches))
    assert live_on(stored)[1] == live_on(apply(batches))[1]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.lists(st.integers(1, 3000), min_size=1, max_size=30))
def test_wake_ups_at_any_time_send_nothing_early_and_nothing_twice(
    history: tuple[list[Event], list[list[Event]]], minutes: list[int]
) -> None:
    """The same step, visit and channel of one passage goes out once, whoever rings and however often."""
    profile, now, sent = apply(history[1]), ARRIVED, set[str]()
    for pause in minutes:
        for _ in range(2):
            outcome = decide(profile, RELEASE, [Wake("u1")], now)
            assert outcome is not None
            profile = outcome.profile
            for reason in outcome.reasons:
                if reason.kind == "message":
                    assert reason.message not in sent
                    assert reason.due is not None
                    assert reason.due <= now
                    sent.add(reason.message)
            reports = [
                make_event("message_sent", now, id=f"{effect}", message=effect.message)
                for effect in outcome.effects
                if isinstance(effect, Send)
            ]
            after = decide(profile, RELEASE, reports, now)
            assert after is not None
            profile = after.profile
        now += pause * M


@pytest.mark.parametrize("release", [RELEASE])
def test_an_order_that_overtakes_its_cart_sends_nothing_however_they_are_batched(release: Release) -> None:
    cart = make_event("cart_updated", NOON, properties={"cart_id": "c1", "total": 100}, received_at=ARRIVED)
    order = make_event("order_completed", NOON + M, properties={"cart_id": "c1"}, received_at=ARRIVED)
    for batches in ([[order, cart]], [[order], [cart]], [[cart], [order]]):
        assert live_on(apply(batches))[1] == []
