"""Engine events: what is announced of what happens, to whom, and that docs/webhooks.md shows what is really sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kairos.app.decide.announcing import ANNOUNCED_BYTES_MAX, ANNOUNCED_MAX, announcements
from kairos.domain.announcement import TYPES, Listener
from kairos.domain.effects import Announce, effect_from_json, effect_to_json
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason
from tests.app.decide.announced import announced, live_a_life, world
from tests.app.decide.world import NOON, consent, make_event

DOC = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text("utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"^```json\n(.+)\n```$", DOC, flags=re.MULTILINE)]


def shape(data: Any) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in data.items()}


@pytest.fixture(scope="module")
def life() -> list[Announce]:
    return live_a_life(world())


def test_a_life_in_which_everything_happens_announces_every_type(life: list[Announce]) -> None:
    assert {one.type for one in life} == set(TYPES)


def test_the_doc_lists_every_type_with_an_example_and_no_other() -> None:
    assert [example["type"] for example in EXAMPLES] == list(dict.fromkeys(e["type"] for e in EXAMPLES))
    assert {example["type"] for example in EXAMPLES} == set(TYPES)
    listed = DOC.partition("## Types")[2].partition("## Examples")[0]
    assert {
        type for row in re.findall(r"^\| (`.+?) \|", listed, flags=re.MULTILINE) for type in row.split("`")[1::2]
    } == {*TYPES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_an_example_of_the_doc_has_the_shape_of_what_is_sent(life: list[Announce], example: Any) -> None:
    sent = [one for one in life if one.type == example["type"]]
    shapes = [shape(one.data) for one in sent]
    assert shape(example["data"]) in shapes
    assert example["timestamp"] in [format_instant(one.at) for one in sent]
    told = {"until"} if example["type"] == "consent_changed" else set()
    assert not {name for each in shapes for name in each} - shape(example["data"]).keys() - told


def test_a_brand_without_webhooks_decides_no_effect_more() -> None:
    without, listening = world(webhooks=[]), world()
    for one in (without, listening):
        one.hear(make_event("cart_updated", properties={"cart_id": "cart-7"}))
    assert announced(without) == []
    assert without.effects == [effect for effect in listening.effects if not isinstance(effect, Announce)]


def test_each_webhook_hears_of_what_it_asks_for_with_the_traits_it_names() -> None:
    webhooks = [
        {"to": "crm", "events": ["unsubscribed"], "traits": ["crm_ref", "none"]},
        {"to": "lake", "events": ["unsubscribed", "consent_changed"]},
    ]
    shop = world(webhooks=webhooks)
    shop.hear(make_event("profile_updated", traits={"crm_ref": "c-7", "tier": "gold"}))
    before = len(announced(shop))
    shop.hear(consent(NOON, given=False))
    assert [(one.to, one.type, one.data) for one in announced(shop)[before:]] == [
        ("lake", "consent_changed", {"profile": "u1", "channel": "email", "purpose": "marketing", "given": False}),
        (
            "crm",
            "unsubscribed",
            {
                "profile": "u1",
                "channel": "email",
                "purpose": "marketing",
                "traits": {"crm_ref": "c-7", "none": None},
            },
        ),
        ("lake", "unsubscribed", {"profile": "u1", "channel": "email", "purpose": "marketing"}),
    ]


def test_a_word_that_changes_nothing_is_not_announced() -> None:
    shop = world("consent_changed", "unsubscribed")
    before = announced(shop)
    shop.hear(consent(NOON, id="again"))
    assert announced(shop) == before
    shop.hear(consent(NOON, given=False))
    shop.hear(consent(NOON, given=False, id="still"))
    assert [one.type for one in announced(shop)[len(before) :]] == ["consent_changed", "unsubscribed"]


def test_a_first_word_that_refuses_is_a_refusal_too() -> None:
    shop = world("unsubscribed", to="crm")
    shop.hear(consent(NOON, "push", given=False))
    assert [one.data["channel"] for one in announced(shop)] == ["push"]


def test_an_announcement_travels_as_json_like_every_effect() -> None:
    effect = Announce("u1", "crm", "unsubscribed", NOON, {"profile": "u1", "이름": None})
    assert effect_from_json(json.loads(json.dumps(effect_to_json(effect)))) == effect


def test_what_one_write_announces_is_bounded() -> None:
    reasons = [Reason(NOON, "u1", "entered", journey=f"j{number}") for number in range(ANNOUNCED_MAX + 5)]
    made = announcements([Listener("crm", frozenset(TYPES))], None, Profile("u1", NOON), reasons, NOON)
    assert len(made) == ANNOUNCED_MAX


@pytest.mark.parametrize(("bytes_each", "traits"), [(100, True), (2_000, False)])
def test_traits_that_do_not_fit_into_the_item_are_left_out_before_any_event_is(bytes_each: int, traits: bool) -> None:
    reasons = [Reason(NOON, "u1", "entered", journey=f"j{number}") for number in range(100)]
    profile = Profile("u1", NOON, traits={"memo": "x" * bytes_each})
    made = announcements([Listener("crm", frozenset(TYPES), ("memo",))], None, profile, reasons, NOON)
    assert [one.data["journey"] for one in made] == [reason.journey for reason in reasons]
    assert all(("traits" in one.data) is traits for one in made)
    assert sum(len(json.dumps(effect_to_json(one))) for one in made) < ANNOUNCED_BYTES_MAX
