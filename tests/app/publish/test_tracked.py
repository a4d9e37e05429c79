"""Which segments a release tracks, what touches them, and that an event costs what concerns it and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.app.definitions.documents import check_brand_documents
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.tracked import EVERYTHING, used_segments
from kairos.app.walk.start import needs_of_release
from kairos.domain.condition import parse_condition
from kairos.domain.membership import TRACKED_MAX
from kairos.domain.profile import Profile
from tests.app.brands import journey, segment, small_brand
from tests.app.decide.world import NOON, make_event, release_of

VIP = {"trait": "address.city", "eq": "Seoul"}
LATELY = {"did": "ordered", "within": "7d"}
SOON = {"entry": "booking", "where": {"field": "starts_at", "within": "+1d"}}


def asking(id: str, **more: Any) -> dict[str, Any]:
    stepped = {"class": "marketing", "trigger": {"event": "go"}, "steps": [{"send": "hello"}]}
    return {"id": id, **stepped, **more}


@pytest.mark.parametrize(
    "journey",
    [
        asking("j", trigger={"segment": "vip", "on": "entered"}),
        asking("j", trigger=[{"event": "x"}, {"segment": "vip", "on": "left"}]),
        asking("j", exit={"segment": "vip", "on": "left"}),
        asking("j", goal=[{"segment": "vip", "on": "entered", "within": "7d"}]),
        asking("j", steps=[{"wait_for": {"segment": "vip", "on": "left", "timeout": "1d"}}]),
        asking("j", steps=[{"wait_for": {"any": [{"segment": "vip", "on": "left"}], "timeout": "1d"}}]),
        asking("j", trigger={"event": "x", "where": {"did": "segment_entered:vip"}}),
        asking("j", trigger={"event": "segment_entered:vip"}),
    ],
)
def test_a_segment_is_tracked_where_its_changes_are_heard(journey: dict[str, Any]) -> None:
    assert list(release_of(journey, segments={"vip": VIP, "other": VIP}).tracked.ids) == ["vip"]


def test_a_segment_that_is_only_asked_for_is_not_tracked() -> None:
    release = release_of(asking("j", trigger={"event": "x", "where": {"segment": "vip"}}), segments={"vip": VIP})
    assert (list(release.tracked.ids), release.tracked.print) == ([], "")
    assert "segments" not in release.bundle["index"]


def test_a_segment_is_touched_by_what_it_or_those_it_asks_for_look_at() -> None:
    nested = {"any": [{"segment": "lately"}, {"segment": "soon"}, VIP]}
    release = release_of(
        asking("j", exit=[{"segment": "nested", "on": "left"}, {"segment": "lately", "on": "left"}]),
        segments={"lately": LATELY, "soon": SOON, "nested": nested},
    )
    touched = release.tracked.touched_by
    assert touched({"event ordered"}) == ["lately", "nested"]
    assert touched({"entry booking"}) == touched({"trait address"}) == touched({"trait address.city"}) == ["nested"]
    assert touched({"trait timezone"}) == ["nested"]
    assert touched({"event other", "trait tier", "entry delivery"}) == []
    assert touched({EVERYTHING}) == ["lately", "nested"]
    assert touched({"segment lately", "segment soon"}) == ["lately"]


def bundle(*, now: datetime | None = None, previous: Any = None, **segments: Any) -> dict[str, Any]:
    found = [("segment", id, {**segment(id, **where), "track": True}) for id, where in segments.items()]
    return build_bundle(small_brand(("journey", "welcome", journey()), *found), previous, years=[2026], now=now)


def test_a_tracked_segment_that_is_new_or_means_something_else_is_recounted_by_a_walk() -> None:
    def about(before: Any, after: Any) -> list[str]:
        return [need.about for need in needs_of_release(before, after)]

    one = bundle(vip=VIP)
    assert about(None, bundle()) == about(one, bundle(vip=VIP)) == about(one, bundle()) == []
    assert about(None, one) == about(bundle(), one) == ["recount"]
    assert about(one, bundle(vip=LATELY)) == ["recount"]
    nested = bundle(vip={"segment": "inner"}, inner=VIP)
    assert about(nested, bundle(vip={"segment": "inner"}, inner=LATELY)) == ["recount"]


def test_a_predicate_is_counted_since_the_release_that_first_asked_for_it() -> None:
    first, later = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    old = bundle(now=first, lately=LATELY)
    new = bundle(now=later, previous=old, lately={**LATELY, "within": "30d"}, viewed={"did": "viewed"})
    since = {event: rows[0]["since"] for event, rows in new["index"]["counters"].items()}
    assert since == {"ordered": "2026-03-01T00:00:00Z", "viewed": "2026-04-01T00:00:00Z"}
    assert "since" not in bundle(lately=LATELY)["index"]["counters"]["ordered"][0]


def test_more_segments_than_an_item_has_room_for_are_not_published() -> None:
    def problems(count: int) -> list[str]:
        found = [(f"s{n:03}", {**segment(f"s{n:03}"), "track": True}) for n in range(count)]
        documents = small_brand(("journey", "welcome", journey()), *(("segment", id, raw) for id, raw in found))
        return [problem.file for problem in check_brand_documents(documents)]

    assert problems(TRACKED_MAX) == []
    assert problems(TRACKED_MAX + 2) == ["segment/s100", "segment/s101"]


def test_an_event_reads_and_evaluates_only_what_concerns_it() -> None:
    """What is compiled is counted, not timed: neither segments nor journeys that look at other things are touched."""
    others = {f"t{n}": {"trait": f"trait{n}", "eq": 1} for n in range(90)}
    plain = {f"p{n}": {"trait": f"trait{n}", "eq": 1} for n in range(500)}
    journeys = [asking(f"j{n}", trigger={"segment": f"t{n % 90}", "on": "entered"}) for n in range(300)]
    mine = asking("mine", trigger={"segment": "lately", "on": "entered"})
    release = release_of(mine, *journeys, segments={"lately": LATELY, **others, **plain})
    known = Profile("u1", NOON - timedelta(days=9), recounted=release.tracked.print)
    outcome = decide(known, release, [make_event("ordered", NOON, reach={"email": True})], NOON)
    assert outcome is not None
    assert [(reason.kind, reason.subject) for reason in outcome.reasons if reason.kind == "segment_entered"] == [
        ("segment_entered", "lately")
    ]
    assert set(release.segments.met) == {"lately"}
    assert {id for id, _ in release.journeys.met} == {"mine"}
    quiet = decide(known, release, [make_event("viewed", NOON)], NOON)
    assert quiet is not None
    assert set(release.segments.met) == {"lately"}


def test_the_segments_a_condition_names_are_found_at_any_depth() -> None:
    condition = parse_condition({"all": [{"segment": "a"}, {"not": {"any": [{"segment": "b"}]}}]})
    assert used_segments(condition) == {"a", "b"}
