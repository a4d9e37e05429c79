from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.decision import Update
from kairos.domain.errors import BadDefinition
from kairos.steps.tag import TAGS_MAX
from tests.app.decide.world import World, make_event
from tests.steps.stage import NOON, read, scene

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def journey(*steps: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": list(steps)} | other


def tags(world: World) -> list[str]:
    return sorted(name for name in world.known.traits if name.startswith("tag:"))


def test_each_tag_is_a_trait_of_its_own() -> None:
    step, args = read({"tag": ["vip", "spring", "vip"]})
    assert step.enter(args, scene()) == Update({"tag:vip": True, "tag:spring": True})


def test_a_single_tag_needs_no_list() -> None:
    step, args = read({"tag": "vip"})
    assert step.enter(args, scene()) == Update({"tag:vip": True})


def test_a_condition_asks_for_a_tag_as_for_any_trait() -> None:
    asked = {"if": {"trait": "tag:vip", "exists": True}, "steps": [{"send": "second"}]}
    world = World(journey({"tag": "vip"}, {"branch": [asked, {"else": [{"send": "third"}]}]}))
    world.hear(make_event("go"))
    assert world.sent == ["second"]


def test_one_tag_too_many_lets_the_longest_untouched_go() -> None:
    full = scene(traits={f"tag:t{n}": True for n in range(TAGS_MAX)} | {"tier": "gold"})
    times = {name: NOON + n * M for n, name in enumerate(full.profile.traits)}
    full.profile.trait_times.update(times)
    step, args = read({"tag": ["vip", "t0"]})
    assert step.enter(args, full) == Update({"tag:t1": None, "tag:vip": True, "tag:t0": True})


def test_a_tag_put_on_and_taken_off_in_one_moment_is_off() -> None:
    world = World(journey({"tag": ["vip", "spring"]}, {"untag": "vip"}))
    world.hear(make_event("go"))
    assert tags(world) == ["tag:spring"]
    world = World(journey({"untag": "vip"}, {"tag": "vip"}, {"untag": "vip"}, {"tag": "vip"}))
    world.hear(make_event("go"))
    assert tags(world) == ["tag:vip"]


def test_a_repeated_trigger_tags_once_and_what_another_journey_took_off_stays_off() -> None:
    off = journey({"untag": "vip"}) | {"id": "off", "trigger": {"event": "left"}}
    world = World(journey({"tag": "vip"}), off)
    world.hear(make_event("go"))
    world.hear(make_event("left", NOON + H))
    world.hear(replace(make_event("go"), received_at=NOON + 2 * H))
    assert tags(world) == []


def test_who_leaves_before_the_step_is_not_tagged() -> None:
    world = World(journey({"wait": "1h"}, {"tag": "vip"}, exit=[{"event": "gone"}]))
    world.hear(make_event("go"))
    world.hear(make_event("gone", NOON + M))
    world.live_until(NOON + D)
    assert tags(world) == []


def test_a_late_wake_up_tags_all_the_same() -> None:
    world = World(journey({"wait": "1h"}, {"tag": "vip"}))
    world.hear(make_event("go"))
    world.wake(NOON + 3 * D)
    assert tags(world) == ["tag:vip"]


def test_who_is_in_a_version_is_tagged_as_that_version_says() -> None:
    first = journey({"wait": "1h"}, {"tag": "old"})
    world = World(first)
    world.hear(make_event("go"))
    world.edit(journey({"wait": "1h"}, {"tag": "new"}))
    world.live_until(NOON + D)
    assert tags(world) == ["tag:old"]


@pytest.mark.parametrize("wrong", [None, "", "Not An Id", [], ["a", 3], [f"t{n}" for n in range(11)], {"a": True}])
def test_what_is_no_tag_is_refused(wrong: object) -> None:
    for keyword in ("tag", "untag"):
        with pytest.raises(BadDefinition):
            read({keyword: wrong})
