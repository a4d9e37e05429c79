"""What an event may satisfy is looked up; what is looked up never leaves out what would have held."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.condition import Facts, Guarded, any_of, guards_of, parse_condition
from kairos.domain.profile import Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROFILE = Profile("u1", NOON, traits={"tier": "vip"})

texts = st.sampled_from(["", "a", "b", "10", "10.0", "-3", "1e3", "nan", "inf", "2026-03-01", "ab"])
numbers = st.integers(-4, 12) | st.floats(allow_nan=True) | st.sampled_from([10**400, -(10**400), 1e308])
values = st.one_of(texts, numbers, st.booleans(), st.none(), st.lists(texts | st.integers(0, 3), max_size=3))
names = st.sampled_from(["x", "y", "x.z"])
orderable = texts | st.integers(-4, 12) | st.floats(allow_nan=True)
comparisons = st.one_of(
    st.tuples(st.sampled_from(["eq", "ne", "contains"]), values),
    st.tuples(st.just("in"), st.lists(values, max_size=3)),
    st.tuples(st.sampled_from(["gt", "gte", "lt", "lte"]), orderable),
    st.tuples(st.just("exists"), st.booleans()),
    st.tuples(st.sampled_from(["after", "before"]), st.sampled_from(["-3d", "now"])),
)
fields = st.builds(lambda name, compared: {"field": name, compared[0]: compared[1]}, names, comparisons)
conditions = st.recursive(
    fields | st.just({"trait": "tier", "eq": "vip"}),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
properties = st.dictionaries(st.sampled_from(["x", "y"]), values | st.fixed_dictionaries({"z": values}), max_size=2)


@given(st.lists(conditions, max_size=12), properties)
def test_every_condition_that_holds_is_among_those_that_pass(raws: list[Any], found: dict[str, Any]) -> None:
    parsed = [parse_condition(raw) for raw in raws]
    passing = Guarded(guards_of(condition) for condition in parsed).passing(found)
    facts = Facts(PROFILE, found, NOON, {})
    assert [n for n, condition in enumerate(parsed) if condition.holds(facts)] == [
        n for n in passing if parsed[n].holds(facts)
    ]
    assert passing == sorted(set(passing))


def passing(raws: list[Any], **found: Any) -> list[int]:
    return Guarded(guards_of(parse_condition(raw)) for raw in raws).passing(found)


def test_of_a_thousand_categories_only_the_one_that_the_event_names_is_asked() -> None:
    assert passing([{"field": "category", "eq": f"c{n}"} for n in range(1_000)], category="c417") == [417]


def test_of_a_thousand_lists_only_those_that_hold_the_value_are_asked() -> None:
    raws = [{"field": "sku", "in": [f"s{n}", f"s{n + 1}"]} for n in range(1_000)]
    assert passing(raws, sku="s500") == [499, 500]


def test_of_a_thousand_bounds_only_those_on_the_right_side_are_asked() -> None:
    assert passing([{"field": "total", "gte": n} for n in range(1_000)], total="2.5") == [0, 1, 2]
    assert passing([{"field": "total", "lt": n} for n in range(1_000)], total=997.5) == [998, 999]


@pytest.mark.parametrize(
    "raw",
    [
        {"all": [{"field": "total", "gte": 0}, {"field": "category", "eq": "c"}]},
        {"all": [{"not": {"field": "gift", "eq": True}}, {"field": "category", "eq": "c"}]},
        {"any": [{"field": "category", "eq": "c"}, {"field": "category", "contains": "d"}]},
    ],
)
def test_the_rarest_of_what_must_hold_is_looked_up(raw: Any) -> None:
    assert passing([raw], total=5, category="x") == []
    assert passing([raw], total=5, category="c") == [0]


@pytest.mark.parametrize(
    "raw",
    [
        {"field": "x", "ne": 1},
        {"field": "x", "exists": False},
        {"not": {"field": "x", "eq": 1}},
        {"trait": "tier", "eq": "vip"},
        {"any": [{"field": "x", "eq": 1}, {"trait": "tier", "eq": "vip"}]},
    ],
)
def test_what_an_absent_property_may_satisfy_is_always_asked(raw: Any) -> None:
    assert passing([raw]) == [0]


def test_what_holds_in_several_ways_is_asked_for_each_and_always_where_one_says_nothing() -> None:
    one, other = (guards_of(parse_condition({"field": "x", "eq": n})) for n in (1, 2))
    assert any_of([one, other]) == (("x", "eq", 1), ("x", "eq", 2))
    assert any_of([one, None]) is None
