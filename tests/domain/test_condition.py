from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.condition import DEPTH_MAX, OPERATORS, Did, Facts, look_up, parse_condition, walk
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import Counter, Entry, Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
D = timedelta(days=1)
MISSING = object()


def holds(condition: Any, properties: Any = None, entry: tuple[str, str] | None = None, **profile: Any) -> bool:
    segments = {id: parse_condition(raw) for id, raw in profile.pop("segments", {}).items()}
    return parse_condition(condition).holds(
        Facts(Profile("u1", NOON, **profile), properties or {}, NOON, segments, entry)
    )


def compares(operator: str, found: Any, wanted: Any) -> bool:
    return holds({"field": "x", operator: wanted}, {} if found is MISSING else {"x": found})


@pytest.mark.parametrize(
    "operator,found,wanted,expected",
    [
        ("eq", 1, 1, True),
        ("eq", "1", 1, True),
        ("eq", 1, "1.0", True),
        ("eq", "1", "1.0", False),
        ("eq", True, 1, False),
        ("eq", "true", True, False),
        ("eq", ["a"], ["a"], True),
        ("eq", MISSING, None, False),
        ("ne", 1, 2, True),
        ("ne", MISSING, 2, True),
        ("gt", 2, 1, True),
        ("gt", "10", 9, True),
        ("gt", "10", "9", True),
        ("gt", "b", "a", True),
        ("gt", "abc", 5, False),
        ("gt", True, 0, False),
        ("gt", "nan", 0, False),
        ("gt", [], 0, False),
        ("gte", 1, 1, True),
        ("lt", "2026-03-01", "2026-03-02", True),
        ("lte", 1.5, 1, False),
        ("lt", MISSING, 5, False),
        ("in", "a", ["a", "b"], True),
        ("in", 1, ["1"], True),
        ("in", "c", ["a", "b"], False),
        ("in", "a", [], False),
        ("contains", "hello", "ell", True),
        ("contains", ["a", 1], 1, True),
        ("contains", ["a"], "b", False),
        ("contains", 5, 5, False),
        ("contains", "5", 5, False),
        ("exists", 0, True, True),
        ("exists", MISSING, True, False),
        ("exists", MISSING, False, True),
        ("exists", None, False, True),
    ],
)
def test_operators_compare_as_a_marketer_means(operator: str, found: Any, wanted: Any, expected: bool) -> None:
    assert compares(operator, found, wanted) is expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from([op for op in OPERATORS if op != "exists"]), json_values, st.text() | st.integers() | st.floats()
)
def test_whatever_a_stranger_sends_is_compared_without_an_error(operator: str, found: Any, wanted: Any) -> None:
    compares(operator, found, [wanted] if operator == "in" else wanted)


def test_a_field_may_be_a_path_and_a_name_with_dots_comes_first() -> None:
    values = {"a": {"b": 1}, "a.b": 2, "c": {"d": {"e": 3}}}
    assert look_up(values, "a.b") == 2
    assert look_up(values, "c.d.e") == 3
    assert look_up(values, "c.x.e") is None
    assert look_up({"a": [1]}, "a.0") is None


def test_traits_are_asked_of_the_profile() -> None:
    assert holds({"trait": "tier", "eq": "vip"}, traits={"tier": "vip"})
    assert not holds({"trait": "tier", "eq": "vip"}, {"tier": "vip"})


def test_all_any_and_not_combine() -> None:
    yes, no = {"field": "x", "eq": 1}, {"field": "x", "eq": 2}
    assert holds({"all": [yes, {"not": no}, {"any": [no, yes]}]}, {"x": 1})
    assert not holds({"all": [yes, no]}, {"x": 1})
    assert not holds({"any": []})
    assert holds({"all": []})


def entry(id: str, cancelled: bool = False, **properties: Any) -> Entry:
    return Entry("booking", id, NOON + D, NOON + D, properties, NOON, cancelled)


def test_an_entry_condition_asks_the_passages_own_entry_first() -> None:
    entries = {("booking", "b1"): entry("b1", service="a"), ("booking", "b2"): entry("b2", service="b")}
    condition = {"entry": "booking", "field": "service", "eq": "a"}
    assert holds(condition, entries=entries)
    assert holds(condition, entry=("booking", "b1"), entries=entries)
    assert not holds(condition, entry=("booking", "b2"), entries=entries)


def test_cancelled_entries_count_for_nobody_else() -> None:
    condition = {"entry": "booking", "field": "service", "eq": "a"}
    assert not holds(condition, entries={("booking", "b1"): entry("b1", cancelled=True, service="a")})


def test_an_entrys_times_compare_as_they_are_written() -> None:
    entries = {("booking", "b1"): entry("b1")}
    assert holds({"entry": "booking", "field": "starts_at", "eq": "2026-03-03T12:00:00Z"}, entries=entries)
    assert holds({"entry": "booking", "field": "starts_at", "gt": "2026-03-03"}, entries=entries)


def test_a_segment_is_its_condition_and_an_unknown_one_holds_nobody() -> None:
    assert holds({"segment": "vip"}, traits={"tier": "vip"}, segments={"vip": {"trait": "tier", "eq": "vip"}})
    assert not holds({"segment": "vip"})


def counted(ago: list[timedelta], **more: Any) -> tuple[dict[str, Any], dict[str, Counter]]:
    raw = {"did": "page_viewed", **more}
    did = parse_condition(raw)
    assert isinstance(did, Did)
    return raw, {did.key: Counter(NOON - 90 * D, tuple(NOON - span for span in sorted(ago, reverse=True)))}


@pytest.mark.parametrize(
    "times,more,expected",
    [
        ([D], {}, True),
        ([], {}, False),
        ([], {"times": {"eq": 0}}, True),
        ([D, D], {"times": {"gte": 3}}, False),
        ([D, D, D], {"times": {"gte": 3}, "within": "7d"}, True),
        ([D, D, 7 * D], {"times": {"gte": 3}, "within": "7d"}, False),
        ([8 * D], {"times": {"lt": 1}, "within": "7d"}, True),
    ],
)
def test_behaviour_is_counted_within_a_window_whose_far_end_is_outside(times: Any, more: Any, expected: bool) -> None:
    raw, counters = counted(times, **more)
    assert holds(raw, counters=counters) is expected


def test_one_more_is_kept_than_is_compared_with_so_that_more_than_n_is_known() -> None:
    did = parse_condition({"did": "x", "times": {"eq": 3}})
    assert isinstance(did, Did)
    assert did.keep == 4


def test_predicates_share_a_counter_exactly_when_event_and_where_are_the_same() -> None:
    def key(**raw: Any) -> str:
        did = parse_condition(raw)
        assert isinstance(did, Did)
        return did.key

    shoes, hats = {"field": "c", "eq": "shoes"}, {"field": "c", "eq": "hats"}
    assert key(did="x", times={"gte": 2}) == key(did="x", within="7d")
    assert len({key(did="x"), key(did="y"), key(did="x", where=shoes), key(did="x", where=hats)}) == 4


def test_walk_visits_everything_below() -> None:
    condition = parse_condition({"all": [{"not": {"segment": "a"}}, {"did": "x", "where": {"field": "y", "eq": 1}}]})
    assert [type(part).__name__ for part in walk(condition)] == ["AllOf", "Not", "InSegment", "Did", "FieldIs"]


@pytest.mark.parametrize(
    "wrong,path",
    [
        (None, ()),
        ([], ()),
        ({}, ()),
        ({"fild": "x", "eq": 1}, ()),
        ({"field": "x"}, ()),
        ({"field": "x", "eq": 1, "ne": 2}, ()),
        ({"field": "x", "eq": 1, "extra": 2}, ("extra",)),
        ({"field": 5, "eq": 1}, ("field",)),
        ({"field": "x", "exists": "yes"}, ("exists",)),
        ({"field": "x", "in": "abc"}, ("in",)),
        ({"field": "x", "gt": True}, ("gt",)),
        ({"field": "x", "gt": None}, ("gt",)),
        ({"all": {}}, ("all",)),
        ({"any": [{"field": "x"}]}, ("any", 0)),
        ({"not": 5}, ("not",)),
        ({"entry": "booking", "eq": 1}, ("field",)),
        ({"segment": "Not An Id"}, ("segment",)),
        ({"did": "x", "times": {"gte": -1}}, ("times",)),
        ({"did": "x", "times": {"gte": 1.5}}, ("times",)),
        ({"did": "x", "times": {"in": [1]}}, ("times",)),
        ({"did": "x", "times": 3}, ("times",)),
        ({"did": "x", "within": 5}, ("within",)),
        ({"did": "x", "where": {"trait": "t", "eq": 1}}, ("where",)),
    ],
)
def test_what_is_no_condition_is_refused_where_it_stands(wrong: Any, path: tuple[str | int, ...]) -> None:
    with pytest.raises(BadDefinition) as error:
        parse_condition(wrong)
    assert error.value.path == path


def test_conditions_nest_only_so_deep() -> None:
    deep: Any = {"field": "x", "eq": 1}
    for _ in range(DEPTH_MAX):
        deep = {"not": deep}
    parse_condition(deep)
    with pytest.raises(BadDefinition, match="nest at most"):
        parse_condition({"not": deep})
