from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents, check_brand_documents, errors_of
from tests.app.brands import brand, documents, journey, segment, small_brand, template


def paths(found: Documents) -> list[tuple[str, str]]:
    return [(problem.file, problem.path) for problem in check_brand_documents(found)]


def message(found: Documents) -> str:
    (problem,) = check_brand_documents(found)
    return problem.message


def branch(**condition: Any) -> dict[str, Any]:
    return journey(steps=[{"branch": [{"if": condition, "steps": [{"send": "hello"}]}]}])


def test_a_brand_that_holds_together_has_no_problem() -> None:
    found = small_brand(("journey", "welcome", branch(segment="vip")), ("segment", "vip", segment("vip")))
    assert check_brand_documents(found) == []


def test_a_segment_that_is_not_there_is_told_wherever_it_is_asked() -> None:
    found = small_brand(
        ("journey", "welcome", branch(all=[{"not": {"segment": "vips"}}])),
        ("segment", "gold", segment("gold", any=[{"segment": "vip"}])),
    )
    assert paths(found) == [
        ("journey/welcome", "steps.0.branch.0.if.all.0.not.segment"),
        ("segment/gold", "where.any.0.segment"),
    ]


def test_segments_that_turn_in_a_circle_are_refused() -> None:
    circle = [("segment", id, segment(id, segment=next)) for id, next in (("a", "b"), ("b", "c"), ("c", "a"))]
    assert message(small_brand(*circle)) == "segments ask each other in a circle: a → b → c → a"


def test_a_segment_that_asks_itself_is_refused() -> None:
    assert paths(small_brand(("segment", "a", segment("a", **{"not": {"segment": "a"}})))) == [
        ("segment/a", "where.not.segment")
    ]


def test_a_channel_that_the_template_has_not_is_refused() -> None:
    only_sms = {"sms": {"text": "x"}}
    found = small_brand(
        ("template", "short", only_sms), ("journey", "w", journey("w", steps=[{"send": "short", "channel": "email"}]))
    )
    assert message(found) == "the template 'short' has no email part; it has: sms"


def test_a_channel_that_does_not_exist_is_refused() -> None:
    found = small_brand(("journey", "w", journey("w", steps=[{"send": "hello", "channel": "pigeon"}])))
    assert message(found) == f"no channel is called 'pigeon'; there are: {', '.join(registry.names('channels'))}"


@pytest.mark.parametrize("place", ["timeline", "on_move", "on_cancel"])
def test_every_place_that_sends_is_looked_at(place: str) -> None:
    care: dict[str, Any] = {"id": "w", "class": "transactional", "anchor": {"entry": "booking"}}
    care["timeline"] = [{"at": "-2h", "send": "hello"}]
    care[place] = [{"at": "-1h", "send": "gone"}] if place == "timeline" else {"send": "gone"}
    ((_, path),) = paths(small_brand(("journey", "w", care)))
    assert path == ("timeline.0.send" if place == "timeline" else f"{place}.send")


def test_what_looks_like_a_name_in_data_is_data() -> None:
    steps = [{"update": {"send": "x", "segment": "y", "did": "z"}}, {"send": "hello"}]
    compared = journey(steps=steps, trigger={"event": "e", "where": {"field": "send", "eq": {"segment": "z"}}})
    assert check_brand_documents(small_brand(("journey", "welcome", compared))) == []


def test_an_unknown_key_is_told_with_the_one_meant() -> None:
    assert message(small_brand(("journey", "welcome", journey(holdut="5%")))) == (
        "there is no such key here; did you mean 'holdout'?"
    )


def test_all_problems_of_a_document_are_told() -> None:
    wrong = brand(timezone="Mars/Olympus", country="Korea", caps=[{"channel": "fax"}], quiet_hours={"sms": "9-5"})
    found = documents(("brand", "brand", wrong))
    assert {path for _, path in paths(found)} == {"timezone", "country", "caps.0.channel", "quiet_hours.sms"}


def test_quiet_hours_that_leave_no_hour_are_refused() -> None:
    wide = brand(quiet_hours={"sms": "04:00-19:00"}, zones=["Asia/Seoul", "America/New_York"])
    assert "no hour to send in" in message(documents(("brand", "brand", wide)))


def test_business_days_without_a_country_are_remarked() -> None:
    bare = {key: value for key, value in brand().items() if key != "country"}
    steps = [{"wait_until": {"time": "09:00", "business_day": True}}, {"send": "hello"}]
    found = documents(
        ("brand", "brand", bare), ("template", "hello", template()), ("journey", "w", journey("w", steps=steps))
    )
    (problem,) = check_brand_documents(found)
    assert problem.warning
    assert problem.path == "steps.0.wait_until.business_day"


@pytest.mark.parametrize(("what", "remarked"), [("payday", ["anchor"]), ("visit", [])])
def test_a_payday_that_is_found_without_a_country_is_remarked(what: str, remarked: list[str]) -> None:
    bare = {key: value for key, value in brand().items() if key != "country"}
    around = {
        "id": "w",
        "class": "marketing",
        "anchor": {"predicted": what},
        "timeline": [{"at": "0d", "send": "hello"}],
    }
    found = documents(("brand", "brand", bare), ("template", "hello", template()), ("journey", "w", around))
    problems = list(check_brand_documents(found))
    assert [problem.path for problem in problems] == remarked
    assert all(problem.warning and "only weekends are closed" in str(problem) for problem in problems)


@pytest.mark.parametrize(
    "odd", [None, 5, "x", [], [{}], {"steps": {}}, {"send": {}}, {5: 6}, {"a": float("inf")}, {"a": {1, 2}}]
)
@pytest.mark.parametrize("kind", ["brand", "journey", "segment", "template"])
def test_nothing_that_a_draft_may_hold_raises(kind: str, odd: Any) -> None:
    id = "brand" if kind == "brand" else "odd"
    good = [] if kind == "brand" else [("brand", "brand", brand())]
    assert errors_of(check_brand_documents(documents(*good, (kind, id, odd))))


def test_a_document_as_deep_as_a_hole_is_refused() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = {"not": deep}
    assert "nested more than" in message(small_brand(("segment", "s", {"id": "s", "where": deep})))


def test_a_document_as_large_as_a_book_is_refused() -> None:
    assert "at most 300000 are kept" in message(small_brand(("template", "long", template(name="x" * 400_000))))


def test_a_problem_stands_at_the_nearest_place_that_the_file_has() -> None:
    marks: dict[tuple[str | int, ...], tuple[int, int]] = {(): (1, 1), ("trigger",): (3, 1)}
    found = Definition("journey", "w", journey("w", trigger={"when": "x"}), "w.yaml", marks)
    problems = check_brand_documents(Documents((*small_brand().definitions, found)))
    assert {(problem.line, problem.column) for problem in problems} == {(3, 1)}


def test_the_published_vectors_are_valid(shared_data: Path) -> None:
    for line in (shared_data / "time-vectors.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found = [("brand", "brand", case["brand"])]
        found += [("journey", document["id"], document) for document in case["journeys"]]
        found += [("template", id, document) for id, document in case["templates"].items()]
        assert check_brand_documents(documents(*found)) == [], case["name"]


# ---- templates that others call, and what their variants ask ---------------------------------------------------

FOOTER = ("template", "footer", {"partial": {"text": "{{ brand.name }}"}})


def calling(*names: str, **more: Any) -> dict[str, Any]:
    return {"sms": {"text": "".join(f"{{% render '{name}' %}}" for name in names)}, **more}


def test_a_partial_that_is_not_there_or_is_none_is_told_at_the_part_that_calls_it() -> None:
    found = small_brand(FOOTER, ("template", "one", calling("footer", "foter")), ("template", "two", calling("hello")))
    assert paths(found) == [("template/one", "sms.text"), ("template/two", "sms.text")]
    assert "did you mean 'footer'" in check_brand_documents(found)[0].message
    assert "is no partial" in check_brand_documents(found)[1].message


def test_partials_that_call_each_other_in_a_circle_are_refused() -> None:
    each = [("template", id, {"partial": calling(other)["sms"]}) for id, other in (("a", "b"), ("b", "a"))]
    assert message(small_brand(*each)) == "partials call each other in a circle: a → b → a"


def test_a_partial_cannot_be_sent() -> None:
    found = small_brand(FOOTER, ("journey", "w", journey("w", steps=[{"send": "footer"}])))
    assert message(found) == "the template 'footer' is a partial: others call it"


def test_what_a_variant_asks_for_must_be_there() -> None:
    variants = [{"id": "a", "segment": ["vip", "vips"]}, {"id": "b", "if": {"not": {"message": "helo", "was": "sent"}}}]
    found = small_brand(
        FOOTER, ("segment", "vip", segment("vip")), ("template", "t", calling("footer", variants=variants))
    )
    assert paths(found) == [("template/t", "variants.0.segment"), ("template/t", "variants.1.if.not.message")]
