"""One day's learning: a bounded sample of any table, offered to publish, and nothing otherwise."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

pytest.importorskip("scipy")

from kairos.app.learn.learn import Learned
from kairos.app.learn.nightly import LearnNightly
from kairos.app.learn.sample import PAGE, read_sample
from kairos.app.publish.command import run_command
from kairos.app.publish.live import LiveRelease
from kairos.app.publish.publish import Publish
from kairos.app.walk.ports import CustomerScan, Page, Population, Row
from kairos.domain.errors import BadInput
from kairos.domain.hour_counts import HourCounts
from kairos.domain.profile import Profile
from kairos.memory import MemoryProducts, MemoryReleases
from kairos.timing import SilencePrior, replay
from kairos.timing.builtin import RHYTHM
from kairos.timing.learn.judge_silence import judge_silence
from tests.app.brands import brand, journey, small_drafts, template
from tests.timing.conftest import make_shop

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = NOW.date().toordinal()


class Clock:
    """Clock."""

    def now(self) -> datetime:
        return NOW


class Shop:
    """A brand whose items remember what `timing` keeps, and the publish function behind `command`."""

    def __init__(self, *kept: str, published: bool = True, shows: str = "") -> None:
        self.releases, self.catalogue = MemoryReleases(), MemoryProducts()
        drafts = small_drafts(("journey", "welcome", journey()))
        if shows:
            drafts.put("template", "hello", template(sms={"text": f"Hello {shows}"}))
        drafts.put("brand", "brand", brand(timing={"keep": list(kept)}) if kept else brand())
        self.publish = Publish(drafts, self.releases)
        self.asked: list[Mapping[str, Any]] = []
        self.live = LiveRelease(self.releases)
        if published:
            assert run_command(self.publish, {"command": "publish", "all": True}, NOW)["ok"]

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        return run_command(self.publish, request, NOW)

    def learning(self, scan: CustomerScan, most: int = 10_000) -> LearnNightly:
        return LearnNightly(scan, self.live.read, self, self.catalogue, Clock(), most)

    def told(self, learned: Learned) -> LearnNightly:
        return LearnNightly(Multitude(3), self.live.read, self, self.catalogue, Clock(), learn=lambda *_: learned)


class Lookers(CustomerScan):
    """Five customers who looked at the same two products, and one who looked at another."""

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        seen = [["a", "v", 2], ["b", "v", 1]], [["c", "v", 1]]
        profiles = [Profile(f"{number:026}", NOW, products=seen[number == 5]) for number in range(6)]
        return Page([Row(each.id, each) for each in profiles], None, 6, 1.0)

    def population(self) -> Population:
        return Population(6, 0)


class Multitude:
    """CustomerScan over any number of profiles that exist only while they are looked at."""

    def __init__(self, profiles: int, *, counted: bool = True) -> None:
        self.profiles, self.counted, self.read = profiles, counted, 0

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        first = int(after) + of if after else segment
        taken = range(first, min(self.profiles, first + of * most), of)
        self.read += len(taken)
        more = first + of * most < self.profiles
        return Page([self._row(number) for number in taken], f"{taken[-1]:026}" if more else None, len(taken), 1.0)

    def population(self) -> Population:
        return Population(self.profiles if self.counted else 0, 0)

    def _row(self, number: int) -> Row:
        gap = 5 + number % 40
        days = range(TODAY - gap - number % 9 - 11 * gap, TODAY, gap)
        week = HourCounts("3".rjust(number % 168 + 1, "0").ljust(168, "0"))
        state = Profile(f"{number:026}", NOW, rhythm=replay(days).to_state(), hours={"active": week})
        return Row(state.id, state)


def peak(scan: Multitude, most: int) -> tuple[int, int]:
    """Return how many customers a sample of `most` holds, and the most bytes that reading it took at any time."""
    tracemalloc.start()
    try:
        sample = read_sample(scan, most)
        return len(sample.days), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_million_customers_take_the_memory_of_the_sample() -> None:
    """A page more or less is what may differ."""
    million, tenth = Multitude(1_000_000), Multitude(100_000)
    kept, bytes_of_million = peak(million, 1_000)
    kept_of_tenth, bytes_of_tenth = peak(tenth, 1_000)
    assert (kept, kept_of_tenth) == (1_000, 1_000)
    assert (million.read, tenth.read) == (1_000, 1_000)
    assert bytes_of_million < 1.1 * bytes_of_tenth
    assert bytes_of_million < 4_000 * (1_000 + PAGE)


def test_a_table_that_grew_since_aws_counted_it_is_read_to_twice_the_sample() -> None:
    grown = Multitude(1_000_000, counted=False)
    kept, _ = peak(grown, 1_000)
    assert kept == 2_000
    assert grown.read <= 2_000 + PAGE


def test_a_million_customers_are_learned_from_by_a_sample_and_what_is_better_goes_live() -> None:
    shop, multitude = Shop("rhythm", "hours"), Multitude(1_000_000)
    day = shop.learning(multitude, 100).run()
    assert multitude.read == day.looked_at == 100
    assert set(day.judged) == {"rhythm", "silence", "hours email"}
    assert "timing/rhythm" in day.changed
    live = shop.live.read()
    assert (live.id, live.timing.rhythm.fitted_on > 300) == (day.release, True)


def test_silence_is_learned_and_asked_of_the_release() -> None:
    shop, until = Shop("rhythm"), date(2025, 1, 1).toordinal() + 500
    assert shop.live.read().timing.silence == SilencePrior()
    judged = judge_silence(make_shop(400, 500, seed=8), until, RHYTHM, SilencePrior())
    assert judged.better
    priors = {"silence": judged.prior.to_document()} if judged.prior else {}
    score = {"observed": judged.observed, "fitted": judged.fitted, "live": judged.live}
    learned = Learned({}, {"command": "learn", "priors": priors, "scores": {"silence": score}})
    assert shop.told(learned).run().changed == ("timing/silence",)
    assert run_command(shop.publish, {"command": "rollback"}, NOW)["ok"]
    assert shop.live.read().timing.silence == SilencePrior()


def test_where_nothing_asks_for_timing_or_nothing_is_live_nobody_is_read() -> None:
    for shop in (Shop(), Shop("rhythm", published=False)):
        multitude = Multitude(1_000_000)
        assert shop.learning(multitude).run().looked_at == 0
        assert (multitude.read, shop.asked) == (0, [])


ALSO = "{% for item in products.also_viewed %}{{ item.title }}{% endfor %}"


@pytest.mark.parametrize("kept", [(), ("rhythm",)])
def test_products_are_told_what_is_looked_at_with_them_while_a_template_shows_it(kept: tuple[str, ...]) -> None:
    shop = Shop(*kept, shows=ALSO)
    shop.catalogue.put([("a", {"title": "A"}), ("c", {"title": "C"})])
    night = shop.learning(Lookers()).run()
    assert (night.looked_at, night.related, night.facts()["related"]) == (6, 1, 1)
    assert shop.catalogue.known == {"a": {"title": "A", "also": ["b"]}, "c": {"title": "C"}}
    assert shop.learning(Lookers()).run() == night, "a night that comes twice says the same"


def test_where_no_template_shows_it_no_product_is_told() -> None:
    shop = Shop("rhythm", shows="{% for item in products.viewed %}{{ item.title }}{% endfor %}")
    shop.catalogue.put([("a", {"title": "A"})])
    assert shop.learning(Lookers()).run().related == 0
    assert shop.catalogue.known == {"a": {"title": "A"}}


def test_a_small_shop_offers_nothing() -> None:
    shop = Shop("rhythm", "hours")
    day = shop.learning(Multitude(3)).run()
    assert "not enough" in day.judged["rhythm"]
    assert (day.changed, shop.asked) == ((), [])


def test_what_publish_refuses_fails_the_day_and_changes_nothing() -> None:
    shop = Shop("rhythm")
    before = shop.releases.pointer()
    worse = Learned({}, {"command": "learn", "priors": {"rhythm": {}}, "scores": {"rhythm": {}}})
    with pytest.raises(BadInput, match="priors"):
        shop.told(worse).run()
    assert (len(shop.asked), shop.releases.pointer()) == (1, before)


def test_a_category_may_have_priors_of_its_own_and_the_others_keep_those_of_all_orders() -> None:
    shop = Shop("categories")
    own = replace(RHYTHM, lognormal_share=0.25, fitted_on=500)
    judged = {"observed": 500, "fitted": -3.0, "live": -3.5}
    asked = {"command": "learn", "priors": {"rhythm coffee": own.to_document()}, "scores": {"rhythm coffee": judged}}
    assert shop.command(asked)["ok"]
    timing = shop.live.read().timing
    assert (timing.rhythm_in("coffee"), timing.rhythm_in("tea"), timing.rhythm) == (own, RHYTHM, RHYTHM)
    for part in ("rhythm ", "rhythm  Coffee", "rhythm " + 65 * "x"):
        refused = {**asked, "priors": {part: own.to_document()}, "scores": {part: judged}}
        assert not shop.command(refused)["ok"], part
