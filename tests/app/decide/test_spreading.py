from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from tests.app.decide.world import NOON, World, consent, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)
QUIET = {"email": "21:00-08:00"}


def mail(**send: Any) -> dict[str, Any]:
    return {"id": "j", "class": "marketing", "trigger": {"event": "go"}, "steps": [{"send": "mail", **send}]}


def untils(journey: dict[str, Any], at: datetime, brand: dict[str, Any], people: int = 60) -> list[datetime]:
    """Return until when the message of each of many customers is held."""
    release, found = release_of(journey, brand=brand), []
    for n in range(people):
        profile = Profile(f"p{n}", at - D, reach={"email": True})
        events = [consent(at - D), make_event("go", at)]
        inputs = [Event(e.name, e.name, profile.id, e.occurred_at, at, consent=e.consent) for e in events]
        outcome = decide(profile, release, inputs, at)
        assert outcome is not None
        found += [m.until for m in outcome.profile.messages.values() if m.until is not None]
    return found


def test_many_held_messages_go_over_the_whole_span_after_the_opening_and_not_in_one_second() -> None:
    found = untils(mail(spread="30m"), NIGHT, {"quiet_hours": QUIET})
    assert len(found) == 60
    assert all(MORNING <= at < MORNING + 30 * M for at in found)
    assert len(set(found)) > 50
    assert max(found) - min(found) > 20 * M


def test_the_brand_says_it_for_openings_and_a_step_may_say_otherwise() -> None:
    brand = {"quiet_hours": QUIET, "spread": "1h"}
    assert max(untils(mail(), NIGHT, brand)) > MORNING + 45 * M
    assert set(untils(mail(spread="0m"), NIGHT, brand)) == {MORNING}
    assert untils(mail(), NOON, brand) == [], "what is open goes at once"


def test_the_same_message_has_the_same_place_always() -> None:
    assert untils(mail(spread="30m"), NIGHT, {"quiet_hours": QUIET}) == untils(
        mail(spread="30m"), NIGHT, {"quiet_hours": QUIET}
    )


def test_a_step_that_asks_for_it_is_spread_from_its_due_time_and_then_goes() -> None:
    world = World(mail(spread="30m"))
    world.hear(make_event("go", NOON))
    assert world.said("held") == ["spread"]
    world.live_until(NOON + H)
    assert world.sent == ["mail"]
    assert NOON < world.messages[0][0] < NOON + 30 * M


def test_spreading_reaches_neither_a_closed_window_nor_the_expiry() -> None:
    short = {"allowed": {"email": "08:00-08:10"}}
    found = untils(mail(spread="5h"), NIGHT, short)
    assert all(MORNING <= at < MORNING + 10 * M for at in found)
    assert len(set(found)) > 20
    soon = untils(mail(spread="5h", expires="20m"), NOON, {})
    assert all(NOON <= at < NOON + 20 * M for at in soon)


@pytest.mark.parametrize("spread", ["1s", "90s", "23h"])
def test_who_is_held_by_it_always_goes(spread: str) -> None:
    world = World(mail(spread=spread), brand={"quiet_hours": QUIET})
    world.hear(make_event("go", NOON))
    world.live_until(NOON + 2 * D)
    assert world.sent == ["mail"]


def test_what_the_last_gate_holds_is_spread_after_the_opening_too() -> None:
    world = World(mail(spread="30m"), brand={"quiet_hours": QUIET}, reporting=False)
    evening = datetime(2026, 3, 2, 20, 59, 58, tzinfo=UTC)
    world.hear(make_event("go", evening - H))
    world.live_until(evening)
    message = world.only_message()
    held = world.report(message.id, "message_held", NIGHT, properties={"reason": "quiet hours", "until": text(MORNING)})
    world.hear(held)
    until = world.only_message().until
    assert until is not None
    assert MORNING < until < MORNING + 30 * M


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
