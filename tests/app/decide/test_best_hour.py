"""`at: {best_within: …}`: which hour of the span, what it may not be, and what is told of the choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.app.publish.release import Release
from kairos.domain.hour_counts import HourCounts
from kairos.domain.profile import Consent, Profile
from tests.app.decide.world import NOON, World, booking, make_event, release_of

H, D = timedelta(hours=1), timedelta(days=1)
SURE = {"timing": {"explore": "0%"}}
EVENING = HourCounts.of([(24 * 0 + 19, 40)])
"""Monday at 19:00, forty times."""


def journey(span: str = "12h", **send: Any) -> dict[str, Any]:
    step = {"send": "mail", "at": {"best_within": span}, **send}
    return {"id": "j", "class": "marketing", "trigger": {"event": "go"}, "steps": [step]}


def living(world: World, **hours: HourCounts) -> World:
    world.known.hours.update({name.replace("_", " "): row for name, row in hours.items()})
    return world


def test_the_message_goes_in_the_hour_that_suits_the_customer() -> None:
    world = living(World(journey(), brand=SURE), active=EVENING)
    world.hear(make_event("go", NOON + timedelta(minutes=20)))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 7 * H]
    assert world.said("held") == ["best hour: 1 of 13, propensity 1.0000"]
    assert world.said("message") == ["best hour: 1 of 13, propensity 1.0000"]


def test_of_somebody_unknown_nothing_is_known_and_the_message_goes_at_once() -> None:
    world = World(journey(), brand=SURE)
    world.hear(make_event("go", NOON))
    assert [at for at, _, _ in world.messages] == [NOON]


def test_the_hour_is_on_the_customers_own_clock() -> None:
    world = World(journey("24h"), brand=SURE)
    world.hear(make_event("profile_updated", traits={"timezone": "Asia/Kolkata"}))  # 17:30 there
    living(world, active=EVENING).hear(make_event("go", NOON))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [datetime(2026, 3, 2, 13, 30, tzinfo=UTC)]


def test_closed_hours_are_no_choice_and_an_opening_within_an_hour_is() -> None:
    quiet = SURE | {"quiet_hours": {"email": "12:30-19:40"}}
    world = living(World(journey(), brand=quiet), active=EVENING)
    world.hear(make_event("go", NOON + H))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 7 * H + timedelta(minutes=40)]


def test_where_no_hour_of_the_span_is_open_quiet_hours_decide() -> None:
    quiet = SURE | {"quiet_hours": {"email": "12:00-20:00"}}
    world = living(World(journey("2h"), brand=quiet), active=EVENING)
    world.hear(make_event("go", NOON))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 8 * H]


def test_it_goes_before_it_expires_and_a_long_span_does_not_expire_within() -> None:
    world = living(World(journey(expires="3h"), brand=SURE), active=EVENING)
    world.hear(make_event("go", NOON))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 2 * H], "19:00 is too late: the open hour next to it"
    world = living(World(journey("5d"), brand=SURE), active=HourCounts.of([(24 * 4 + 9, 40), (24 * 1 + 9, 2)]))
    world.hear(make_event("go", NOON))
    world.live_until(NOON + 7 * D)
    assert [at for at, _, _ in world.messages] == [datetime(2026, 3, 6, 9, tzinfo=UTC)]


def test_answers_per_message_speak_where_the_release_has_learned_types() -> None:
    types = [{"share": 1.0, "odds": [0.0 if hour % 24 == 21 else -4.0 for hour in range(168)]}]
    prior = {"shares": [1 / 168] * 168, "types": types, "levels": [0.1, 0.2, 0.4, 0.2, 0.1]}
    world = living(World(journey(), brand=SURE), active=EVENING, sent_email=HourCounts.of([(5, 16)]))
    learned = {"hours": {"email": prior | {"weight": 20.0, "spread": 2.0, "same_day": 0.3, "doubt": 0.1}}}
    world.release = Release({**world.release.bundle, "timing": learned}, world.release.pointer)
    world.hear(make_event("go", NOON))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 9 * H]


def test_the_hour_stays_chosen_whatever_becomes_known_meanwhile() -> None:
    world = living(World(journey(), brand=SURE), active=EVENING)
    world.hear(make_event("go", NOON))
    living(world, active=HourCounts.of([(22, 900)])).hear(make_event("page_viewed", NOON + H))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 7 * H]


def test_a_goal_in_between_takes_it_back() -> None:
    world = living(World(journey() | {"exit": [{"event": "bought"}]}, brand=SURE), active=EVENING)
    world.hear(make_event("go", NOON))
    world.hear(make_event("bought", NOON + H))
    world.live_until(NOON + D)
    assert world.messages == []


def test_a_stated_share_is_tried_out_in_any_open_hour_by_a_hash_and_says_its_propensity() -> None:
    release = release_of(journey("10h"), brand={"timing": {"explore": "20%"}})
    hours, said = [], []
    for n in range(400):
        consents = {("email", "marketing"): Consent(True, NOON - D)}
        hour: dict[str, HourCounts] = {"active": EVENING}
        profile = Profile(f"p{n}", NOON - D, reach={"email": True}, consents=consents, hours=hour)
        event = make_event("go", NOON)
        outcome = decide(profile, release, [event], NOON)
        assert outcome is not None
        (message,) = outcome.profile.messages.values()
        assert message.chosen is not None
        hours.append((message.chosen - NOON) // H)
        said.append(message.reason)
    explored = [hour for hour, reason in zip(hours, said, strict=True) if "exploring" in reason]
    assert 50 <= len(explored) <= 110, "about a fifth"
    assert set(explored) == set(range(10))
    assert set(said) == {
        "best hour: 1 of 10, propensity 0.8200",
        "best hour, exploring: 1 of 10, propensity 0.8200",
        "best hour, exploring: 1 of 10, propensity 0.0200",
    }
    assert {hour for hour, reason in zip(hours, said, strict=True) if "exploring" not in reason} == {7}


@pytest.mark.parametrize(
    ("zone", "now", "hour"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 3),
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC), 2),
    ],
)
def test_clock_changes_skip_an_hour_and_give_one_twice_and_neither_breaks_the_choice(
    zone: str, now: datetime, hour: int
) -> None:
    world = World(journey("6h"), now=now, brand=SURE | {"timezone": zone})
    living(world, active=HourCounts.of([(6 * 24 + hour, 60)])).hear(make_event("go", now))
    world.live_until(now + D)
    ((at, _, _),) = world.messages
    expected = {3: datetime(2026, 3, 29, 1, tzinfo=UTC), 2: datetime(2026, 10, 25, 0, tzinfo=UTC)}[hour]
    assert at == expected


def test_a_step_of_a_timeline_never_goes_after_its_anchor() -> None:
    step = {"at": "-6h", "best_within": "12h", "send": "mail"}
    timeline = {"id": "care", "class": "marketing", "anchor": {"entry": "booking"}, "timeline": [step]}
    world = living(World(timeline, brand=SURE), active=EVENING)
    world.hear(booking(NOON - D, "2026-03-04T16:00:00Z"), at=NOON)
    world.live_until(NOON + 4 * D)
    ((at, _, _),) = world.messages
    assert at == datetime(2026, 3, 4, 15, tzinfo=UTC), "the hour nearest to the evening that is before the booking"
