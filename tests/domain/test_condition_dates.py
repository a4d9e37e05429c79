"""Dates against now, entries of a kind, journeys and messages; and the exact instant at which an answer changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.condition import Did, Facts, next_change, parse_condition
from kairos.domain.errors import BadDefinition
from kairos.domain.instant import format_instant
from kairos.domain.profile import Counter, Entry, Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
D = timedelta(days=1)
TICK = timedelta(microseconds=1)
SEOUL = ZoneInfo("Asia/Seoul")


def facts(now: datetime = NOON, segments: Any = None, own: Any = None, zone: Any = None, **profile: Any) -> Facts:
    read = {id: parse_condition(raw) for id, raw in (segments or {}).items()}
    return Facts(Profile("u1", NOON, **profile), {}, now, read, own, zone or ZoneInfo("UTC"))


def dated(at: Any, **operators: Any) -> bool:
    written = format_instant(at) if isinstance(at, datetime) else at
    return parse_condition({"trait": "t", **operators}).holds(facts(traits={"t": written}))


@pytest.mark.parametrize(
    "at,operators,expected",
    [
        (NOON, {"before": "now"}, True),
        (NOON, {"after": "now"}, False),
        (NOON + TICK, {"after": "now"}, True),
        (NOON + 3 * D, {"within": "+3d"}, True),
        (NOON + 3 * D + TICK, {"within": "+3d"}, False),
        (NOON, {"within": "+3d"}, False),
        (NOON, {"within": "-7d"}, True),
        (NOON - 7 * D, {"within": "-7d"}, False),
        (NOON - 7 * D + TICK, {"within": "-7d"}, True),
        (NOON + D, {"within": "-7d"}, False),
        (NOON - 30 * D, {"before": "-30d"}, True),
        (NOON - 30 * D + TICK, {"before": "-30d"}, False),
        (NOON + 2 * D, {"after": "+1d", "before": "+2d"}, True),
        (NOON + D, {"after": "+1d", "before": "+2d"}, False),
        (NOON, {"before": "2026-03-02T12:00:00Z"}, True),
        (NOON, {"after": "2026-03-02T20:59:59+09:00"}, True),
        ("2026-03-02", {"within": "-1d"}, True),
        ("2026-03-01", {"within": "-1d"}, False),
        ("2026-03-02", {"before": "2026-03-02"}, True),
        ("2026-03-03", {"after": "2026-03-02"}, True),
        ("20:00", {"after": "-1d"}, False),
        (None, {"before": "now"}, False),
        (1772452800, {"before": "now"}, False),
        ("x" * 100_000, {"before": "now"}, False),
        ("9999-12-31", {"after": "now"}, False),
        (["2026-03-02"], {"before": "now"}, False),
    ],
)
def test_a_date_lies_within_a_span_up_to_its_exact_edge(at: Any, operators: Any, expected: bool) -> None:
    assert dated(at, **operators) is expected


@given(st.integers(-(10**12), 10**12), st.sampled_from(["now", "+3d", "-7d", "2026-03-02", "2026-03-02T12:00:00Z"]))
def test_after_and_before_of_one_bound_never_agree(micros: int, bound: str) -> None:
    at = NOON + timedelta(microseconds=micros)
    assert dated(at, after=bound) is not dated(at, before=bound)


def test_a_date_without_a_time_begins_on_the_customers_clock() -> None:
    condition = parse_condition({"trait": "t", "before": "now"})
    midnight = datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert condition.holds(facts(midnight, zone=SEOUL, traits={"t": "2026-03-02"}))
    assert not condition.holds(facts(midnight - TICK, zone=SEOUL, traits={"t": "2026-03-02"}))
    assert condition.holds(facts(midnight, zone=SEOUL, traits={"t": "2026-03-02T00:00:00"}))


def booking(id: str, starts: timedelta, cancelled: bool = False, **properties: Any) -> Entry:
    at = NOON + starts
    return Entry("booking", id, at, at, properties, NOON, cancelled, until=at + 3 * D)


def bookings(*entries: Entry) -> dict[tuple[str, str], Entry]:
    return {entry.key: entry for entry in entries}


@pytest.mark.parametrize(
    "condition,expected",
    [
        ({}, True),
        ({"where": {"field": "starts_at", "within": "+3d"}}, True),
        ({"where": {"field": "starts_at", "within": "+1d"}}, False),
        ({"where": {"all": [{"field": "service", "eq": "cut"}, {"field": "starts_at", "after": "+5d"}]}}, True),
        ({"where": {"all": [{"field": "service", "eq": "dye"}, {"field": "starts_at", "after": "+5d"}]}}, False),
        ({"status": "cancelled", "where": {"field": "service", "eq": "spa"}}, True),
        ({"where": {"field": "service", "eq": "spa"}}, False),
        ({"status": "any", "where": {"field": "service", "eq": "spa"}}, True),
        ({"times": {"eq": 2}}, True),
        ({"status": "any", "times": {"eq": 3}}, True),
        ({"times": {"eq": 0}, "where": {"field": "service", "eq": "perm"}}, True),
    ],
)
def test_entries_of_a_kind_are_asked_for_all_their_fields_at_once(condition: Any, expected: bool) -> None:
    entries = bookings(
        booking("b1", 2 * D, service="dye"),
        booking("b2", 9 * D, service="cut"),
        booking("b3", D, cancelled=True, service="spa"),
    )
    assert parse_condition({"entry": "booking", **condition}).holds(facts(entries=entries)) is expected


def test_the_passages_own_entry_answers_first_but_counts_as_one_of_them() -> None:
    entries = bookings(booking("b1", D), booking("b2", 5 * D))
    soon = {"entry": "booking", "where": {"field": "starts_at", "within": "+3d"}}
    own = facts(entries=entries, own=("booking", "b2"))
    assert not parse_condition(soon).holds(own)
    assert parse_condition(soon | {"times": {"gte": 1}}).holds(own)
    assert not parse_condition({"entry": "booking", "status": "cancelled"}).holds(own)


def test_an_entry_is_gone_when_its_tombstones_time_is_over_written_out_or_not() -> None:
    condition, over = parse_condition({"entry": "booking"}), booking("b1", -D)
    assert condition.holds(facts(entries=bookings(over)))
    assert not condition.holds(facts(NOON + 2 * D, entries=bookings(over)))
    assert next_change(condition, facts(entries=bookings(over))) == NOON + 2 * D


def did(raw: Any) -> Did:
    condition = parse_condition(raw)
    assert isinstance(condition, Did)
    return condition


def test_journeys_and_messages_are_counted_as_behaviour_is() -> None:
    entered = did({"journey": "welcome", "times": {"gte": 2}, "within": "7d"})
    assert (entered.event, entered.within, entered.keep) == ("journey_entered", 7 * D, 3)
    assert entered.key == did({"did": "journey_entered", "where": {"field": "journey", "eq": "welcome"}}).key
    clicked = did({"message": "hello", "was": "clicked"})
    assert clicked.event == "message_clicked"
    assert clicked.where is not None
    of: list[dict[str, Any]] = [{"template": "hello"}, {"template": "hello", "machine": True}, {"template": "other"}]
    assert [clicked.where.holds(Facts(Profile("u1", NOON), said, NOON, {})) for said in of] == [True, False, False]


@pytest.mark.parametrize(
    "wrong,path",
    [
        ({"trait": "t", "within": "3d"}, ("within",)),
        ({"trait": "t", "within": "+0d"}, ("within",)),
        ({"trait": "t", "within": "-7d", "after": "now"}, ("within",)),
        ({"trait": "t", "before": "soon"}, ("before",)),
        ({"trait": "t", "before": "1850-01-01"}, ("before",)),
        ({"trait": "t", "after": "2026-02-30"}, ("after",)),
        ({"trait": "t", "after": "2026-02-20T10:00:00"}, ("after",)),
        ({"trait": "t", "after": "now", "eq": 1}, ()),
        ({"trait": "t", "in": list(range(1001))}, ("in",)),
        ({"did": "x", "times": {"within": "+3d"}}, ("times",)),
        ({"entry": "booking", "status": "over"}, ("status",)),
        ({"entry": "booking", "where": {"trait": "t", "eq": 1}}, ("where",)),
        ({"entry": "booking", "field": "x", "eq": 1, "status": "any"}, ("status",)),
        ({"journey": "welcome", "was": "started"}, ("was",)),
        ({"journey": 5}, ("journey",)),
        ({"message": "hello", "where": {}}, ("where",)),
    ],
)
def test_what_is_no_such_condition_is_refused_where_it_stands(wrong: Any, path: tuple[str, ...]) -> None:
    with pytest.raises(BadDefinition) as error:
        parse_condition(wrong)
    assert error.value.path == path


def test_a_window_that_ends_without_an_event_changes_the_answer_at_its_exact_end() -> None:
    lapsed = {"not": {"did": "ordered", "within": "30d"}}
    last = NOON - 10 * D
    counters = {did({"did": "ordered"}).key: Counter(last, (last - D, last))}
    condition = parse_condition(lapsed)
    assert next_change(condition, facts(counters=counters)) == last + 30 * D
    assert not condition.holds(facts(last + 30 * D - TICK, counters=counters))
    assert condition.holds(facts(last + 30 * D, counters=counters))
    assert next_change(condition, facts(last + 30 * D, counters=counters)) is None


SEGMENTS = {
    "lapsed": {"not": {"did": "ordered", "within": "30d"}},
    "busy": {"did": "viewed", "times": {"gte": 2}, "within": "7d"},
    "either": {"any": [{"segment": "lapsed"}, {"segment": "busy"}]},
}
ASKED: list[Any] = [
    {"segment": "either"},
    {"all": [{"segment": "busy"}, {"not": {"segment": "lapsed"}}]},
    {"trait": "t", "within": "+3d"},
    {"trait": "t", "after": "-5d", "before": "+2d"},
    {"entry": "booking", "times": {"gte": 2}, "where": {"field": "starts_at", "within": "+3d"}},
    {"entry": "booking", "where": {"field": "starts_at", "before": "-1d"}},
]
days = st.integers(-40 * 24, 40 * 24).map(lambda hours: timedelta(hours=hours))


@given(st.sampled_from(ASKED), st.lists(days, max_size=2), st.lists(days, max_size=3), days, st.lists(days, max_size=3))
def test_the_next_change_is_exact_and_none_comes_before_it(
    asked: Any, ordered: list[timedelta], viewed: list[timedelta], trait: timedelta, starts: list[timedelta]
) -> None:
    def times(spans: list[timedelta]) -> tuple[datetime, ...]:
        return tuple(sorted(NOON + span for span in spans if span <= timedelta()))

    profile: dict[str, Any] = {
        "counters": {
            did({"did": "ordered"}).key: Counter(NOON, times(ordered)),
            did({"did": "viewed"}).key: Counter(NOON, times(viewed)),
        },
        "traits": {"t": format_instant(NOON + trait)},
        "entries": bookings(*(booking(f"b{i}", start) for i, start in enumerate(starts))),
    }
    condition, start = parse_condition(asked), facts(segments=SEGMENTS, **profile)
    before, change = condition.holds(start), next_change(condition, start)
    steps = [NOON + timedelta(hours=hour) for hour in range(1, 80 * 24)]
    seen = next((at for at in steps if condition.holds(start.at(at)) != before), None)
    assert change == seen
    if change is not None:
        assert condition.holds(start.at(change - TICK)) == before


def test_segments_that_share_others_are_asked_once_however_deep() -> None:
    segments: dict[str, Any] = {"s0": {"did": "ordered", "within": "30d"}}
    for depth in range(1, 60):
        segments[f"s{depth}"] = {"all": [{"segment": f"s{depth - 1}"}, {"segment": f"s{depth - 1}"}]}
    counters = {did({"did": "ordered"}).key: Counter(NOON, (NOON,))}
    asked = facts(segments=segments, counters=counters)
    assert parse_condition({"segment": "s59"}).holds(asked)
    assert next_change(parse_condition({"segment": "s59"}), asked) == NOON + 30 * D
