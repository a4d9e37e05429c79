"""Entries by themselves: what is known of a booking after every order of words about it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from kairos.domain.budget import BUDGETS
from kairos.domain.errors import NoRoom
from tests.app.decide.world import NOON, World, booking, cancelled, make_event

H, D = timedelta(hours=1), timedelta(days=1)


def test_the_newest_word_wins_in_every_order() -> None:
    words = [
        booking(NOON, NOON + D),
        booking(NOON + H, NOON + 2 * D),
        cancelled(NOON + 2 * H),
        booking(NOON + 3 * H, NOON + 5 * D),
    ]
    found = set()
    for order in permutations(words):
        world = World()
        for word in order:
            world.hear(word, at=NOON + 4 * H)
        entry = world.known.entries["booking", "b1"]
        found.add((entry.starts_at, entry.cancelled, entry.occurred_at))
    assert found == {(NOON + 5 * D, False, NOON + 3 * H)}


def test_of_two_updates_at_one_instant_the_same_one_stands_in_both_orders() -> None:
    words = [booking(NOON, NOON + D, ends_at=NOON + D + H), booking(NOON, NOON + D, id="b1", ends_at=NOON + D + 2 * H)]
    words[1] = make_event("entry_updated", id="other", entry=words[1].entry)
    ends = set()
    for order in permutations(words):
        world = World()
        world.hear(*order)
        ends.add(world.known.entries["booking", "b1"].ends_at)
    assert ends == {NOON + D + 2 * H}


def test_a_bare_cancellation_keeps_what_was_known() -> None:
    world = World()
    world.hear(booking(NOON, NOON + D, ends_at=NOON + D + H))
    world.hear(cancelled(NOON + H))
    entry = world.known.entries["booking", "b1"]
    assert (entry.starts_at, entry.ends_at, entry.cancelled) == (NOON + D, NOON + D + H, True)


def test_an_entry_fact_under_another_event_name_changes_no_entry() -> None:
    world = World()
    world.hear(make_event("booking_viewed", entry=booking(NOON, NOON + D).entry))
    assert world.known.entries == {}


def test_the_chain_of_former_ids_is_bounded() -> None:
    world = World()
    world.hear(booking(NOON, NOON + D, "b0"))
    for n in range(1, 30):
        world.hear(booking(NOON + n * timedelta(minutes=1), NOON + D, f"b{n}", replaces=f"b{n - 1}"))
    (entry,) = world.known.entries.values()
    assert (entry.id, len(entry.former)) == ("b29", 8)


def test_an_entry_that_names_itself_as_its_former_id_is_one_entry() -> None:
    world = World()
    world.hear(booking(NOON, NOON + D, "b1", replaces="b1"))
    world.hear(booking(NOON + H, NOON + 2 * D, "b1", replaces="b1"))
    (entry,) = world.known.entries.values()
    assert (entry.id, entry.former, entry.starts_at) == ("b1", (), NOON + 2 * D)


def test_entries_beyond_the_budget_are_refused_and_none_that_lives_is_evicted() -> None:
    world = World()
    most = BUDGETS["entries"].most
    world.hear(*(booking(NOON, NOON + D, f"b{n}") for n in range(most)))
    with pytest.raises(NoRoom, match="entries"):
        world.hear(booking(NOON, NOON + D, "one-more"))
    assert len(world.known.entries) == most
    world.hear(booking(NOON + H, NOON + 2 * D, "b7"))
    assert world.known.entries["booking", "b7"].starts_at == NOON + 2 * D
