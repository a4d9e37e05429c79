"""Simulations in parts: together they count what one process counts, and each customer is in one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kairos.cli.customer_states import write_states
from kairos.cli.simulate_counted import Counted, count_part
from kairos.cli.simulate_inputs import Wish, load_release
from kairos.cli.simulate_run import simulate
from kairos.cli.simulate_summary import Summary
from kairos.cli.simulation_parts import EVENTS_MIN, STATES_MIN, Part, beside, parts_for
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from kairos.domain.walk import EVERYBODY
from tests.cli.test_forecasts import customer
from tests.cli.test_simulate import CART, cart, known, write_brand, write_events

RAIN = {key: value for key, value in CART.items() if key != "subject"} | {"id": "rain", "trigger": {"event": "rain"}}
PEOPLE = [f"u{number}" for number in range(40)]
OF = 3
PARTS = [Part(number, OF) for number in range(OF)]


def together(wish: Wish) -> Counted:
    first, *others = (count_part(wish, part) for part in PARTS)
    for other in others:
        first.add(other)
    return first


def number_of(part: Part) -> int:
    return part.number


def test_every_customer_is_in_one_part_and_everybody_in_all() -> None:
    parts = [[who for who in PEOPLE if part.has(who)] for part in PARTS]
    assert sorted(who for part in parts for who in part) == sorted(PEOPLE)
    assert all(parts)
    assert all(part.has(EVERYBODY) for part in PARTS)


def test_the_parts_together_count_what_one_run_counts(tmp_path: Path) -> None:
    brand = write_brand(tmp_path / "brand", [CART, RAIN])
    rain = {"signal": "rain", "profile": "u1", "at": "2026-06-10T04:00:00Z", "properties": {"total": 1}}
    carts = [cart("2026-06-10T03:00:00Z", profile=who, id=f"cart-{who}") for who in PEOPLE]
    numbered = [line | {"profile": 7} for line in known("7")]
    events = write_events(tmp_path, *(line for who in PEOPLE for line in known(who)), *numbered, *carts, rain)
    release = load_release(brand)
    whole = Summary(release.brand_zone)
    simulate(release, events, None, None, whole.tell)
    assert together(Wish(brand, events, summary=True)).summary == whole
    assert whole.kinds["message"] == 2 * len(PEOPLE) + 1, "the one whose name is a number has no cart"


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """Return an export of forty customers who all wait for the same."""
    file = tmp_path / "customers.jsonl"
    release = load_release(write_brand(tmp_path / "live", [CART]))
    one: Profile = customer()
    head = {"at": format_instant(one.created_at), "bundle": release.bundle, "share": 1}
    with file.open("w", encoding="utf-8") as out:
        write_states(out.write, head, (replace(one, id=who) for who in PEOPLE))
    return file


def test_an_export_is_lived_through_in_parts_and_compared_in_parts(tmp_path: Path, states: Path) -> None:
    at = "2026-11-30T03:00:00Z"
    events = write_events(tmp_path, *(cart(at, profile=who, id=f"cart-{who}") for who in PEOPLE))
    brand = write_brand(tmp_path / "brand", [CART, RAIN])
    wish = Wish(brand, events, states=states, against="live", summary=True)
    alone, parts = count_part(wish, Part()), together(wish)
    assert parts.summary == alone.summary
    assert (parts.told.at, parts.others.at) == (alone.told.at, alone.others.at)
    assert alone.summary.kinds["entered"] == len(PEOPLE)


def test_other_parts_are_worked_beside_the_first() -> None:
    with beside(number_of, OF) as others:
        assert [other.result() for other in others] == [1, 2]
    with beside(number_of, 1) as others:
        assert others == []


def test_what_is_short_stays_in_one_process() -> None:
    assert parts_for(EVENTS_MIN - 1, STATES_MIN - 1) == 1
    assert parts_for(EVENTS_MIN) == parts_for(0, STATES_MIN) >= 1
