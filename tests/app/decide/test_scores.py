"""Scores: an author's signals, asked as a segment, and what is remembered of whether they were right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.decide.scores import SETS_MAX, observations
from kairos.app.definitions.segment import check_segment
from kairos.domain.condition import Score, parse_condition
from tests.app.decide.world import NOON, World, make_event

H, D = timedelta(hours=1), timedelta(days=1)
SIGNALS = [
    {"if": {"did": "page_viewed", "times": {"gte": 3}, "within": "7d"}, "adds": 2, "because": "three visits in a week"},
    {"if": {"did": "cart_updated", "within": "7d"}, "adds": 1.5, "because": "a cart"},
]
WHERE = {"score": SIGNALS, "base": -3, "gte": "60%"}
EAGER = {
    "id": "eager",
    "class": "transactional",
    "trigger": {"segment": "eager", "on": "entered"},
    "steps": [{"send": "hello"}],
}


def view(at: Any, **more: Any) -> Any:
    return make_event("page_viewed", at, **more)


def learning_world(**learns: Any) -> World:
    """Return a world whose segment `eager` learns (the segment's own keys, beside `where`)."""
    world = World(EAGER, segments={"eager": WHERE})
    bundle = {
        **world.release.bundle,
        "segments": {"eager": {"where": WHERE, "learns": {"event": "order_completed", **learns}}},
    }
    world.release = type(world.release)(bundle, world.release.pointer)
    return world


def seen(world: World) -> dict[int, tuple[int, int]]:
    assert world.profile is not None
    (row,) = world.profile.scores.values()
    return observations(row)


def test_who_reaches_the_score_enters_the_segment_and_leaves_when_a_signal_is_too_old() -> None:
    world = World(EAGER, segments={"eager": WHERE})
    for n in range(3):
        world.hear(view(NOON + n * H))
    assert world.messages == []
    world.hear(make_event("cart_updated", NOON + 3 * H))
    assert [template for _, template, _ in world.messages] == ["hello"], "-3 + 2 + 1.5: 62 %"
    world.live_until(NOON + 20 * D)
    assert world.said("segment_left") == [""]
    left = next(reason for reason in world.reasons if reason.kind == "segment_left")
    assert left.at == NOON + 7 * D, "exactly when the first of three visits is a week old"


def test_numbers_that_were_learned_take_the_place_of_the_authors_and_only_for_these_signals() -> None:
    written = parse_condition(WHERE)
    assert isinstance(written, Score)
    timid = {"base": -9.0, "adds": [2.0, 1.5], "print": written.print}
    for print, enters in ((written.print, 0), ("another", 1)):
        world = World(EAGER, segments={"eager": WHERE})
        bundle = {**world.release.bundle, "timing": {"scores": {"eager": {**timid, "print": print}}}}
        world.release = type(world.release)(bundle, world.release.pointer)
        world.hear(*(view(NOON + n * H) for n in range(3)), make_event("cart_updated", NOON + 3 * H))
        assert len(world.messages) == enters


def test_each_span_is_one_observation_of_the_signals_at_its_first_visit() -> None:
    world = learning_world(within="7d")
    for days in (0, 1, 2, 3):
        world.hear(view(NOON + days * D))
    assert seen(world) == {}, "one is open"
    world.hear(make_event("order_completed", NOON + 4 * D))
    assert seen(world) == {0b00: (1, 1)}
    world.hear(view(NOON + 5 * D))
    world.hear(view(NOON + 13 * D))
    assert seen(world) == {0b00: (1, 1), 0b01: (1, 0)}, "nothing came of the three visits in time"
    world.hear(make_event("order_completed", NOON + 30 * D))
    assert seen(world)[0b00] == (2, 1), "too late"


def test_a_file_of_old_events_is_no_observation_and_signals_that_changed_begin_anew() -> None:
    world = learning_world()
    world.hear(view(NOON, historical=True))
    assert world.profile is not None
    assert world.profile.scores == {}
    world.hear(view(NOON + H))
    assert len(world.profile.scores) == 1
    world.edit(EAGER, segments={"eager": WHERE})
    world.hear(view(NOON + 2 * H))
    assert world.profile.scores == {}


def test_an_item_counts_so_many_sets_of_signals_and_no_more() -> None:
    from kairos.app.decide.scores import _row

    row = _row((-1, 0), {mask: (mask + 1, 0) for mask in range(50)})
    assert len(observations(row)) == SETS_MAX


@pytest.mark.parametrize(
    "where",
    [
        {**WHERE, "score": []},
        {**WHERE, "score": [{**SIGNALS[0], "adds": "much"}]},
        {**WHERE, "score": [{"if": {"did": "x"}, "adds": 1}]},
        {**WHERE, "score": [{"adds": 1, "because": "so"}]},
        {**WHERE, "base": 99},
        {**WHERE, "gte": 0.6},
        {"score": SIGNALS, "base": -3},
    ],
)
def test_a_score_that_says_too_little_is_refused(where: Any) -> None:
    assert check_segment({"id": "x", "where": where})


def test_only_a_score_learns_and_within_bounds() -> None:
    assert check_segment({"id": "x", "where": WHERE, "learns": {"event": "order_completed"}}) == []
    assert check_segment({"id": "x", "where": {"stage": "new"}, "learns": {"event": "order_completed"}})
    assert check_segment({"id": "x", "where": WHERE, "learns": {"event": "order_completed", "within": "400d"}})
    assert check_segment({"id": "x", "where": WHERE, "learns": {}})


def test_a_customers_stage_and_scores_are_told_with_what_speaks_for_them() -> None:
    from kairos.cli.knowledge import knowledge_of

    world = World(EAGER, segments={"eager": WHERE, "steady": {"stage": "steady"}})
    for n in range(6):
        world.hear(make_event("order_completed", NOON + 14 * n * D))
    world.hear(*(view(NOON + 71 * D + n * H) for n in range(3)))
    assert world.profile is not None
    stage, orders, score = knowledge_of(world.profile, world.release, NOON + 72 * D)
    assert stage.startswith("stage: steady, lifecycle index 0.")
    assert "; at risk from 2026-" in stage
    assert orders.startswith(
        "orders: 6 days of purchase, of late every 14 days, last on 2026-05-11; the next (80%) in "
    )
    assert score == "eager: 27%, not in (from 60%): three visits in a week +2.00"
