"""What was learned goes live as a release, carries on through later ones, and goes back with a rollback."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.publish.command import run_command
from kairos.app.publish.learned import BYTES_MAX
from kairos.app.publish.publish import Publish
from kairos.app.publish.release import Release
from kairos.memory import MemoryDrafts, MemoryReleases
from kairos.timing.builtin import HOURS, RHYTHM
from kairos.timing.silence import SilencePrior
from tests.app.brands import journey, small_drafts, template

NOW = datetime(2026, 11, 22, tzinfo=UTC)
D = timedelta(days=1)
BETTER = {"observed": 400, "fitted": -3.1, "live": -3.2}
SLOWER = replace(RHYTHM, lognormal=replace(RHYTHM.lognormal, mean=4.4), fitted_on=400)


class Shop:
    """A published brand."""

    def __init__(self) -> None:
        self.drafts: MemoryDrafts = small_drafts(("journey", "welcome", journey()))
        self.releases = MemoryReleases()
        self.publish = Publish(self.drafts, self.releases)
        self.tell("publish", all=True)

    def tell(self, command: str, **more: Any) -> dict[str, Any]:
        return run_command(self.publish, {"command": command, **more}, NOW)

    def learn(self, part: str = "rhythm", prior: Any = None, score: Any = None) -> dict[str, Any]:
        raw = SLOWER.to_document() if prior is None else prior
        return self.tell("learn", priors={part: raw}, scores={part: BETTER if score is None else score})

    @property
    def live(self) -> Release:
        pointer = self.releases.pointer()
        assert pointer is not None
        return Release(self.releases.bundle(pointer.release), pointer)


def test_better_priors_are_a_release_and_stay_through_later_ones() -> None:
    shop = Shop()
    told = shop.learn()
    assert (told["ok"], told["changed"], told["walks"]) == (True, ["timing/rhythm"], [])
    assert shop.live.timing.rhythm == SLOWER
    assert shop.live.bundle["timing"]["learned"] == {"rhythm": {**BETTER, "at": "2026-11-22T00:00:00Z"}}
    shop.drafts.put("template", "hello", template(sms={"text": "Hi"}))
    assert shop.tell("publish", all=True)["ok"]
    assert shop.live.timing.rhythm == SLOWER
    assert shop.tell("renew")["ok"]
    assert shop.live.timing.rhythm == SLOWER


def test_hours_are_learned_by_channel_beside_the_rhythm() -> None:
    shop = Shop()
    shop.learn()
    lively = replace(HOURS, weight=3.0)
    assert shop.learn("hours email", lively.to_document())["ok"]
    assert shop.live.timing.hours("email") == lively
    assert shop.live.timing.hours("sms") == HOURS
    assert shop.live.timing.rhythm == SLOWER


def test_a_rollback_goes_back_to_the_priors_before_and_then_to_none() -> None:
    shop = Shop()
    slowest = replace(SLOWER, lognormal=replace(SLOWER.lognormal, mean=5.0))
    shop.learn()
    shop.learn(prior=slowest.to_document())
    assert shop.live.timing.rhythm == slowest
    assert shop.tell("rollback")["ok"]
    assert shop.live.timing.rhythm == SLOWER
    assert shop.tell("rollback")["ok"]
    assert shop.live.timing.rhythm == RHYTHM
    assert not shop.tell("rollback")["ok"]


@pytest.mark.parametrize(
    "score",
    [
        {**BETTER, "fitted": -3.3},
        {**BETTER, "fitted": -3.2},
        {**BETTER, "fitted": float("nan")},
        {**BETTER, "live": float("-inf")},
        {**BETTER, "observed": 0},
        {"fitted": -3.1},
        {},
        "good",
        7,
    ],
)
def test_priors_that_foretell_no_better_are_refused(score: Any) -> None:
    shop = Shop()
    before = shop.releases.pointer()
    assert not shop.learn(score=score)["ok"]
    assert shop.releases.pointer() == before


def bad_priors() -> list[tuple[str, Any]]:
    rhythm, hours = SLOWER.to_document(), HOURS.to_document()
    return [
        ("rhythm", {**rhythm, "lognormal_share": 1.5}),
        ("rhythm", {**rhythm, "lognormal": {**rhythm["lognormal"], "scale": -1.0}}),
        ("rhythm", {**rhythm, "gamma": {**rhythm["gamma"], "days": float("nan")}}),
        ("rhythm", {**rhythm, "gamma": {**rhythm["gamma"], "days": "many"}}),
        ("rhythm", {**rhythm, "weekday": {**rhythm["weekday"], "shares": [1.0]}}),
        ("rhythm", {**rhythm, "other": 1}),
        ("rhythm", {}),
        ("rhythm", [1, 2]),
        ("rhythm", "fast"),
        ("hours email", {**hours, "shares": hours["shares"][:100]}),
        ("hours email", {**hours, "spread": 0.0}),
        ("hours email", {**hours, "types": [{"share": 1.0, "odds": [0.0] * 24}]}),
        ("hours email", {**hours, "types": [{"share": -1.0, "odds": [0.0] * 168}]}),
        ("weather", rhythm),
        ("silence", SilencePrior().to_document()),
        ("silence", {**SilencePrior(horizon=90).to_document(), "usual_amount": 0.0}),
        ("silence", {**SilencePrior(horizon=90).to_document(), "forecast": "much"}),
        ("silence", {"horizon": 90, "other": 1.0}),
        ("rhythm", {**rhythm, "padding": [0.5] * BYTES_MAX}),
    ]


@pytest.mark.parametrize(("part", "prior"), bad_priors())
def test_priors_that_are_none_are_refused(part: str, prior: Any) -> None:
    shop = Shop()
    before = shop.releases.pointer()
    assert not shop.learn(part, prior)["ok"]
    assert shop.releases.pointer() == before


def test_nothing_is_learned_before_anything_is_live_nor_from_nothing() -> None:
    publish = Publish(MemoryDrafts(), MemoryReleases())
    request = {"command": "learn", "priors": {"rhythm": SLOWER.to_document()}, "scores": {"rhythm": BETTER}}
    assert not run_command(publish, request, NOW)["ok"]
    assert not Shop().tell("learn")["ok"]
    assert not Shop().tell("learn", priors={}, scores={})["ok"]
