"""Who may enter a journey, and who is kept out, with which reason."""

from __future__ import annotations

from datetime import timedelta

from kairos.app.decide import decide
from kairos.domain.ids import fraction
from kairos.domain.profile import Profile
from tests.app.decide.test_passages import D, H, M, cart, journey
from tests.app.decide.world import NOON, World, make_event, release_of


def test_reenter_never_means_once_per_subject() -> None:
    world = World(journey(subject="cart_id"))
    world.hear(cart())
    world.hear(cart(NOON + 3 * D), cart(NOON + 3 * D, "c2"))
    assert world.said("entered") == ["", ""]
    assert world.said("ignored") == ["entered before"]


def test_reenter_after_counts_from_the_last_entry_and_includes_the_very_instant() -> None:
    world = World(journey(reenter={"after": "3d"}))
    world.hear(cart())
    world.hear(cart(NOON + 3 * D - M))
    world.hear(cart(NOON + 3 * D))
    assert world.said("ignored") == ["entered before"]
    assert world.said("entered") == ["", ""]


def test_reenter_always_waits_for_the_last_passage_to_end() -> None:
    world = World(journey(reenter="always"))
    world.hear(cart())
    world.hear(cart(NOON + 10 * M))
    world.hear(cart(NOON + 31 * M))
    world.live_until(NOON + D)
    assert world.said("ignored") == ["already in it"]
    assert [at for at, _, _ in world.messages] == [NOON + 30 * M, NOON + 61 * M]


def test_a_historical_event_changes_state_and_starts_nothing() -> None:
    world = World(journey())
    world.hear(cart(historical=True, traits={"tier": "vip"}))
    assert world.said("ignored") == ["historical"]
    assert world.known.traits == {"tier": "vip"}


def test_an_event_older_than_fresh_for_starts_nothing_and_one_exactly_as_old_does() -> None:
    world = World(journey())  # one hour, because an elapsed wait follows
    world.hear(cart(NOON, received_at=NOON + H + timedelta(seconds=1)))
    assert world.said("ignored") == ["too old"]
    world.hear(cart(NOON + 2 * H, received_at=NOON + 3 * H))
    assert world.said("entered") == [""]


def test_without_elapsed_waits_an_event_stays_fresh_for_a_day() -> None:
    world = World(journey({"send": "hello"}))
    world.hear(cart(NOON, received_at=NOON + 23 * H))
    assert world.sent == ["hello"]


def test_a_paused_journey_takes_nobody_in() -> None:
    world = World(journey(), paused=["j"])
    world.hear(cart())
    assert world.said("ignored") == ["the journey is paused"]


def test_a_held_out_customer_gets_nothing_and_still_counts_as_a_conversion() -> None:
    world = World(journey(holdout="100%", goal={"event": "order_completed"}))
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + D))
    assert world.messages == []
    assert world.said("holdout") == [""]
    assert world.said("converted") == ["in holdout"]
    assert world.said("entered") == []


def test_the_holdout_is_a_stable_hash_of_customer_and_journey_in_the_stated_share() -> None:
    held = [name for name in map(str, range(4000)) if fraction("holdout", name, "j") < 0.05]
    assert 0.035 < len(held) / 4000 < 0.065
    release = release_of(journey(holdout="5%", reenter="always"))
    for name in [*held[:3], *[n for n in map(str, range(20)) if n not in held][:3]]:
        profile = Profile(id=name, created_at=NOON)
        for at in (NOON, NOON + D):
            outcome = decide(profile, release, [make_event("cart_updated", at)], at)
            assert outcome is not None
            profile = outcome.profile
            said = {r.kind for r in outcome.reasons}
            assert ("holdout" in said) == (name in held)


def test_an_enrollment_beyond_the_budget_is_refused_with_its_reason_and_the_others_stay() -> None:
    world = World(journey({"wait": "30d"}, {"send": "hello"}, subject="cart_id"))
    world.hear(*(cart(cart=f"c{n}") for n in range(100)))
    world.hear(*(cart(NOON + M, cart=f"c{n}") for n in range(100, 151)))
    assert sum(e.active for e in world.known.enrollments.values()) == 150
    assert world.said("ignored") == ["no room for another enrollment"]


def test_properties_are_cut_rather_than_let_a_profile_outgrow_its_item() -> None:
    world = World(journey({"wait": "30d"}, {"send": "hello"}, subject="cart_id"))
    for n in range(70):
        properties = {"cart_id": f"c{n}", "note": f"{n:04}" * 900}
        world.hear(make_event("cart_updated", NOON, id=f"e{n}", properties=properties))
    kept = sum(len(str(e.properties)) for e in world.known.enrollments.values())
    assert kept < 190_000
    assert any(e.properties.get("truncated") for e in world.known.enrollments.values())
