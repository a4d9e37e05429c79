from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.references import find_cycle, find_mappings, named_segments, named_templates


def asks(*segments: str) -> dict[str, Any]:
    return {"where": {"any": [{"segment": segment} for segment in segments]}}


def test_mappings_are_found_in_the_order_of_the_document_with_their_path() -> None:
    steps = [{"send": "a", "then": [{"send": "b"}]}, {"send": "c"}]
    found = [(path, step["send"]) for path, step in find_mappings({"steps": steps}, "send")]
    assert found == [(("steps", 0), "a"), (("steps", 0, "then", 0), "b"), (("steps", 1), "c")]


def test_data_is_not_looked_into() -> None:
    document = {"steps": [{"update": {"send": "x"}}, {"send": "a"}], "where": {"field": "f", "eq": {"segment": "s"}}}
    assert named_templates(document) == {"a"}
    assert named_segments(document) == set()


def test_a_document_deeper_than_pythons_stack_is_searched() -> None:
    deep: Any = {"segment": "found"}
    for _ in range(20_000):
        deep = {"not": deep}
    assert named_segments(deep) == {"found"}


@pytest.mark.parametrize(
    ("segments", "cycle"),
    [
        ({}, None),
        ({"a": asks("b"), "b": asks()}, None),
        ({"a": asks("b", "c"), "b": asks("d"), "c": asks("d"), "d": asks()}, None),
        ({"a": asks("gone")}, None),
        ({"a": asks("a")}, ["a", "a"]),
        ({"a": asks("b"), "b": asks("a")}, ["a", "b", "a"]),
        ({"a": asks("b"), "b": asks("c"), "c": asks("b")}, ["b", "c", "b"]),
    ],
)
def test_a_circle_is_found_where_there_is_one(segments: dict[str, Any], cycle: list[str] | None) -> None:
    assert find_cycle(segments) == cycle


def test_a_thousand_segments_in_a_row_are_no_circle() -> None:
    row = {f"s{number:04}": asks(f"s{number + 1:04}") for number in range(1_000)}
    assert find_cycle(row) is None
