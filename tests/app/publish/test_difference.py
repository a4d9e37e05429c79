"""What going live changes, step by step."""

from __future__ import annotations

from typing import Any

from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.difference import (
    Difference,
    compare,
    compare_steps,
    difference_from_json,
    difference_to_json,
)
from kairos.app.publish.drafts import read_drafts
from tests.app.brands import brand, journey, small_drafts, template


def steps(*written: Any) -> dict[str, Any]:
    return journey(steps=list(written))


def told(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(part.id, part.change) for part in compare_steps(old, new)]


WAIT, HELLO, BYE = {"wait": "1d"}, {"send": "hello"}, {"send": "bye"}


def test_a_step_that_is_new_one_that_is_gone_and_one_that_reads_otherwise() -> None:
    old, new = steps(WAIT, HELLO), steps({"wait": "2d"}, BYE)
    assert told(old, new) == [("wait-1", "changed"), ("bye-1", "added"), ("hello-1", "removed")]
    changed, added, removed = compare_steps(old, new)
    assert (changed.was, changed.now) == ("wait: 1d", "wait: 2d")
    assert (added.now, removed.was) == ("send: bye", "send: hello")


def test_two_steps_that_change_places_are_one_that_moved() -> None:
    assert told(steps(WAIT, HELLO, BYE), steps(WAIT, BYE, HELLO)) in (
        [("bye-1", "moved")],
        [("hello-1", "moved")],
    )


def test_a_step_put_in_front_moves_nothing() -> None:
    assert told(steps(HELLO, BYE), steps(WAIT, HELLO, BYE)) == [("wait-1", "added")]


def test_a_step_that_went_into_a_branch_moved_and_the_branch_around_it_did_not_change() -> None:
    arm = {"if": {"trait": "tier", "eq": "vip"}, "steps": [BYE]}
    old = steps(WAIT, {"branch": [arm]}, HELLO)
    new = steps(WAIT, {"branch": [{**arm, "steps": [BYE, HELLO]}]})
    assert told(old, new) == [("hello-1", "moved")]


def test_a_condition_of_a_branch_is_the_branch_s_own() -> None:
    arm = {"if": {"trait": "tier", "eq": "vip"}, "steps": [BYE]}
    other = {**arm, "if": {"trait": "tier", "eq": "gold"}}
    assert told(steps({"branch": [arm]}), steps({"branch": [other]})) == [("branch-1", "changed")]


def test_an_empty_way_on_that_gets_steps_is_told_by_those_steps() -> None:
    waits = {"wait_for": {"event": "order", "timeout": "1d"}, "then": [HELLO], "else": []}
    assert told(steps(waits), steps({**waits, "else": [BYE]})) == [("bye-1", "added")]


def test_steps_of_a_timeline_are_compared_too() -> None:
    old = {"id": "j", "anchor": {"entry": "booking"}, "timeline": [{"at": "-1d", "send": "hello"}]}
    new = {**old, "timeline": [{"at": "-2d", "send": "hello"}, {"at": "+1d", "send": "bye"}]}
    assert told(old, new) == [("hello-1", "changed"), ("bye-1", "added")]


def bundle(previous: Any = None, **documents: Any) -> dict[str, Any]:
    drafts = small_drafts(("journey", "welcome", journey()))
    for key, document in documents.items():
        kind, _, id = key.partition("__")
        drafts.put(kind, id or kind, document)
    return build_bundle(read_drafts(drafts.all()), previous, years=[2026])


def test_every_definition_that_customers_would_notice_is_told() -> None:
    old = bundle()
    new = bundle(
        old,
        brand=brand(country="US"),
        journey__welcome=journey(holdout="5%"),
        template__hello=template(email={"subject": "New", "text": "x"}),
        segment__vip={"id": "vip", "where": {"trait": "tier", "eq": "vip"}},
    )
    found = {(each.kind, each.id): each for each in compare(old, new)}
    assert {key: each.change for key, each in found.items()} == {
        ("brand", "brand"): "changed",
        ("segment", "vip"): "added",
        ("template", "hello"): "changed",
        ("journey", "welcome"): "changed",
    }
    welcome = found["journey", "welcome"]
    assert (welcome.former, welcome.version) == (1, 2)
    assert [(part.id, part.change, part.now) for part in welcome.settings] == [("holdout", "added", "5%")]
    assert welcome.steps == ()


def test_remarks_are_for_authors_and_no_difference() -> None:
    old = bundle()
    assert compare(old, bundle(old)) == ()
    noted = compare(old, bundle(old, journey__welcome=journey(description="for those who are new")))
    assert noted == ()


def test_the_first_release_is_all_new_and_a_journey_no_longer_live_is_gone() -> None:
    first = bundle()
    assert {each.change for each in compare(None, first)} == {"added"}
    retired = {**first, "journeys": {"welcome": {**first["journeys"]["welcome"], "live": None}}}
    (gone,) = compare(first, retired)
    assert (gone.id, gone.change, gone.former, gone.version) == ("welcome", "removed", 1, None)


def test_a_difference_survives_json() -> None:
    old = bundle()
    found = compare(old, bundle(old, journey__welcome=journey(steps=[{"wait": "9d"}])))
    assert tuple(difference_from_json(difference_to_json(each)) for each in found) == found
    assert all(isinstance(each, Difference) for each in found)
