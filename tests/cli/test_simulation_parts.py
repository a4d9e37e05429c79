"""Simulations in parts: together they count what one process counts, and each customer is in one of them."""

from __future__ import annotations

from pathlib import Path

from kairos.cli.simulate import Wish, count_part, load_release, simulate
from kairos.cli.simulate_summary import Summary
from kairos.cli.simulation_parts import PARTS, beside, is_of
from kairos.domain.walk import EVERYBODY
from tests.cli.test_simulate import CART, cart, known, write_brand, write_events

RAIN = {key: value for key, value in CART.items() if key != "subject"} | {"id": "rain", "trigger": {"event": "rain"}}
PEOPLE = [f"u{number}" for number in range(40)]


def test_every_customer_is_in_one_part_and_everybody_in_all() -> None:
    parts = [[who for who in PEOPLE if is_of(who, part)] for part in range(PARTS)]
    assert sorted(who for part in parts for who in part) == sorted(PEOPLE)
    assert all(parts)
    assert all(is_of(EVERYBODY, part) for part in range(PARTS))


def test_the_parts_together_count_what_one_run_counts(tmp_path: Path) -> None:
    brand = write_brand(tmp_path / "brand", [CART, RAIN])
    rain = {"signal": "rain", "at": "2026-06-10T04:00:00Z", "properties": {"total": 1}}
    carts = [cart("2026-06-10T03:00:00Z", profile=who, id=f"cart-{who}") for who in PEOPLE]
    events = write_events(tmp_path, *(line for who in PEOPLE for line in known(who)), *carts, rain)
    release = load_release(brand)
    whole, sum_of_parts = Summary(release.brand_zone), Summary(release.brand_zone)
    simulate(release, events, None, None, whole.tell)
    for part in range(PARTS):
        sum_of_parts.add(count_part(Wish(brand, events, summary=True), part))
    assert sum_of_parts == whole
    assert whole.kinds["message"] == 2 * len(PEOPLE)


def test_other_parts_are_worked_beside_the_first() -> None:
    with beside(abs) as others:
        assert [other.result() for other in others] == list(range(1, PARTS))
