"""What became of messages is said once each, whatever order and however often a provider reports."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.decide import decide
from kairos.domain.budget import BUDGETS, POSTED_FOR, evict
from kairos.domain.event import Event
from kairos.domain.profile import Posted, Profile
from kairos.domain.reason import FEEDBACK, Reason
from tests.app.decide.world import NOON, make_event, release_of

JOURNEY = {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": [{"send": "hello"}]}
RELEASE = release_of(JOURNEY)


def asked() -> Profile:
    """Return a profile whose journey has asked for its one message and is over."""
    outcome = decide(None, RELEASE, [make_event("go", NOON, reach={"email": True})], NOON)
    assert outcome is not None
    return outcome.profile


def report(profile: Profile, *names: str, machine: bool = False) -> tuple[Profile, list[Reason]]:
    """Let the provider report of the message, and return what was said of it."""
    said: list[Reason] = []
    (message,) = profile.posted
    for number, name in enumerate(names):
        properties = {"machine": True} if machine else {}
        event: Event = make_event(name, NOON, id=f"{name}{len(profile.seen)}{number}", properties=properties)
        event = replace(event, message=message, source="ses")
        outcome = decide(profile, RELEASE, [event], NOON + timedelta(minutes=number))
        assert outcome is not None
        profile, said = outcome.profile, [*said, *(r for r in outcome.reasons if r.kind in FEEDBACK)]
    return profile, said


def kinds(said: list[Reason]) -> list[str]:
    return [reason.kind for reason in said]


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("message_sent", "message_delivered", "message_clicked")))
)
def test_in_any_order_each_thing_is_said_once_with_its_step(order: tuple[str, ...]) -> None:
    profile, said = report(asked(), *order, *order)
    assert sorted(kinds(said)) == ["clicked", "delivered", "sent"]
    assert {(reason.journey, reason.step, reason.channel) for reason in said} == {("j", "hello-1", "email")}
    assert {reason.message for reason in said} == set(profile.posted)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("message_sent", ["sent"]),
        ("message_delivered", ["sent", "delivered"]),
        ("message_opened", ["sent", "delivered", "opened"]),
        ("message_complained", ["sent", "delivered", "complained"]),
        ("message_bounced", ["sent", "bounced"]),
        ("message_delayed", ["sent"]),
        ("message_held", []),
    ],
)
def test_a_report_says_what_it_implies(name: str, said: list[str]) -> None:
    assert kinds(report(asked(), name)[1]) == said


def test_a_machine_and_a_person_open_apart() -> None:
    profile, machine = report(asked(), "message_opened", "message_opened", machine=True)
    _, person = report(profile, "message_opened", "message_opened")
    assert [(reason.kind, reason.reason) for reason in (*machine, *person)] == [
        ("sent", ""),
        ("delivered", ""),
        ("opened", "machine"),
        ("opened", ""),
    ]


def test_the_profiles_own_log_is_not_filled_with_reports() -> None:
    before = asked()
    after, said = report(before, "message_clicked")
    assert said
    assert after.log == before.log


def test_a_report_of_nothing_that_was_asked_for_says_nothing() -> None:
    event = replace(make_event("message_opened", NOON), message="somebody-elses")
    outcome = decide(asked(), RELEASE, [event], NOON)
    assert outcome is not None
    assert outcome.reasons == ()


def test_messages_are_remembered_for_a_month_and_the_oldest_go_first() -> None:
    profile = asked()
    for number in range(BUDGETS["posted"].most + 5):
        profile.posted[f"m{number:03}"] = Posted("j", 1, "hello", "email", NOON + timedelta(seconds=number))
    evict(profile, frozenset(), NOON)
    assert len(profile.posted) == BUDGETS["posted"].most
    assert "m064" in profile.posted
    assert "m004" not in profile.posted
    evict(profile, frozenset(), NOON + timedelta(seconds=64) + POSTED_FOR)
    assert profile.posted == {}
