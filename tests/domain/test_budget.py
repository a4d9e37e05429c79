from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.budget import (
    BUDGETS,
    PROPERTIES_BYTES_MAX,
    evict,
    fits_one_more,
    fits_one_more_entry,
    fits_trait,
    properties_room,
    trimmed,
)
from kairos.domain.canonical import canonical
from kairos.domain.profile import Consent, Counter, Enrollment, Entry, Message, Planned, Profile, seen_until
from kairos.domain.reason import Reason
from kairos.domain.seen import seen_key
from tests.aws.profiles import seen_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
M, D = timedelta(minutes=1), timedelta(days=1)


def enrollment(n: int, **more: Any) -> Enrollment:
    return Enrollment(f"e{n}", "j", 1, f"s{n}", NOON + n * M, NOON, **more)


def entry(n: int, **more: Any) -> Entry:
    return replace(Entry("booking", f"b{n}", NOON, NOON, {}, NOON, until=NOON + D), **more)


def message(n: int, enrollment: str) -> Message:
    return Message(f"m{n}", enrollment, "j", 1, "s", "", "t", "email", True, NOON, NOON + D, "asked")


def profile(**parts: Any) -> Profile:
    return Profile("u1", NOON, **parts)


def evicted(profile: Profile, live: tuple[str, ...] = (), now: datetime = NOON) -> Profile:
    evict(profile, frozenset(live), now)
    return profile


# ---- never evicted ---------------------------------------------------------------------------------------------


def test_consents_tombstones_and_timers_are_never_evicted_however_full_a_profile_is() -> None:
    consents = {(f"c{n}", "marketing"): Consent(True, NOON) for n in range(BUDGETS["consents"].most)}
    entries = {entry(n).key: entry(n, cancelled=n % 2 == 0) for n in range(BUDGETS["entries"].most)}
    active = {f"e{n}": enrollment(n, due=NOON + D) for n in range(BUDGETS["enrollments"].most + 50)}
    messages = {f"m{n}": message(n, f"e{n}") for n in range(BUDGETS["messages"].most + 50)}
    full = evicted(
        profile(consents=dict(consents), entries=dict(entries), enrollments=dict(active), messages=dict(messages))
    )
    assert (full.consents, full.entries, full.enrollments, full.messages) == (consents, entries, active, messages)


def test_where_no_enrollment_or_entry_fits_that_is_known_before() -> None:
    most = BUDGETS["enrollments"].most
    assert fits_one_more(profile(enrollments={f"e{n}": enrollment(n) for n in range(most - 1)}))
    assert not fits_one_more(profile(enrollments={f"e{n}": enrollment(n) for n in range(most)}))
    over = {f"e{n}": enrollment(n, ended_at=NOON) for n in range(most)}
    assert fits_one_more(profile(enrollments=over))
    around = {id: replace(e, entry=("booking", "b1")) for id, e in over.items()}
    assert not fits_one_more(profile(enrollments=around))
    assert not fits_one_more(profile(messages={f"m{n}": message(n, "e") for n in range(BUDGETS["messages"].most)}))
    assert not fits_one_more_entry(profile(entries={entry(n).key: entry(n) for n in range(BUDGETS["entries"].most)}))


# ---- what goes, and in which order -----------------------------------------------------------------------------


def test_an_entry_goes_when_its_tombstones_time_is_over_and_nothing_stands_around_it() -> None:
    planned = enrollment(1, entry=("booking", "b1"), plan={"s": Planned(NOON + 9 * D)})
    full = profile(entries={entry(n).key: entry(n) for n in range(3)}, enrollments={"e1": planned})
    assert set(evicted(full, now=NOON + D - M).entries) == {("booking", f"b{n}") for n in range(3)}
    assert set(evicted(full, now=NOON + D).entries) == {("booking", "b1")}


def test_an_ended_passage_stays_while_its_goal_can_be_reached_or_a_message_is_unsettled() -> None:
    kept = {
        "e1": enrollment(1, ended_at=NOON, goal_until=NOON),
        "e2": enrollment(2, ended_at=NOON),
        "e3": enrollment(3, ended_at=NOON, entry=("booking", "b1")),
    }
    gone = {
        "e4": enrollment(4, ended_at=NOON),
        "e5": enrollment(5, ended_at=NOON, goal_until=NOON - M),
        "e6": enrollment(6, ended_at=NOON, goal_until=NOON + D, converted=True),
        "e7": enrollment(7, ended_at=NOON, entry=("booking", "gone")),
    }
    full = profile(enrollments={**kept, **gone}, messages={"m": message(1, "e2")}, entries={entry(1).key: entry(1)})
    assert set(evicted(full).enrollments) == set(kept)


def test_of_ended_passages_beyond_the_budget_the_oldest_go() -> None:
    most = BUDGETS["enrollments"].most
    ended = {f"e{n}": enrollment(n, ended_at=NOON, goal_until=NOON + D) for n in range(most + 5)}
    assert set(evicted(profile(enrollments=ended)).enrollments) == {f"e{n}" for n in range(5, most + 5)}


def test_counters_that_no_live_condition_reads_go_first_then_the_longest_unused() -> None:
    most = BUDGETS["counters"].most
    counters = {f"k{n:03}": Counter(NOON, (NOON + n * M,)) for n in range(most + 2)}
    left = evicted(profile(counters=counters), live=tuple(f"k{n:03}" for n in range(most)))
    assert set(counters) - set(left.counters) == set()
    assert {f"k{most:03}", f"k{most + 1:03}"}.isdisjoint(left.counters)


@pytest.mark.parametrize("part", ["entered", "endings"])
def test_memories_of_subjects_go_oldest_first_over_all_journeys(part: str) -> None:
    most = BUDGETS[part].most
    memory = {f"j{j}": {f"s{n}": NOON + (2 * n + j) * M for n in range(most // 2 + 1)} for j in range(2)}
    left = getattr(evicted(profile(**{part: memory})), part)
    assert sum(map(len, left.values())) == most
    assert "s0" not in left["j0"]
    assert "s0" not in left["j1"]


def test_the_longest_untouched_traits_go_and_the_zone_stays() -> None:
    most = BUDGETS["traits"].most
    names = ["timezone", *(f"t{n:03}" for n in range(most + 3))]
    traits, times = dict.fromkeys(names, "x"), {name: NOON + n * M for n, name in enumerate(names)}
    left = evicted(profile(traits=traits, trait_times=times))
    assert "timezone" in left.traits
    assert {"t000", "t001", "t002"}.isdisjoint(left.traits)
    assert len(left.traits) == most + 1
    assert set(left.trait_times) == set(left.traits)


def test_the_rest_is_bounded_too() -> None:
    rows = tuple(("email", NOON + n * M, f"m{n}") for n in range(500))
    seen = seen_of({f"x{n}": seen_until(NOON + (n + 1) * M) for n in range(900)} | {"expired": seen_until(NOON)})
    log = tuple(Reason(NOON + n * M, "u1", "entered") for n in range(100))
    sequences = {f"q{n}": "1" for n in range(9)}
    left = evicted(profile(sent=rows, seen=seen, log=log, sequences=sequences))
    assert left.sent == rows[-200:]
    assert set(left.seen) == {seen_key(f"x{n}") for n in range(400, 900)}
    assert left.log == log[-40:]
    assert set(left.sequences) == {"q5", "q6", "q7", "q8"}


def test_what_no_cap_can_count_any_more_goes() -> None:
    left = evicted(profile(sent=(("email", NOON - 366 * D, "old"), ("email", NOON - 365 * D, "kept"))))
    assert [row[2] for row in left.sent] == ["kept"]


# ---- properties and traits -------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=3000) | st.integers() | st.lists(st.text(max_size=100))))
def test_properties_are_cut_to_their_bytes_largest_first_and_say_so(properties: dict[str, Any]) -> None:
    kept = trimmed(properties)
    whole = len(bytes_of(properties)) <= PROPERTIES_BYTES_MAX
    assert (kept == properties) if whole else (kept["truncated"] is True)
    assert len(bytes_of(kept)) <= PROPERTIES_BYTES_MAX
    assert all(kept[name] == properties[name] for name in kept if name != "truncated")


def bytes_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_a_thousand_properties_are_cut_at_once() -> None:
    kept = trimmed({f"name{n}": "x" * n for n in range(1000)})
    assert "name0" in kept
    assert "name999" not in kept
    assert len(canonical(kept)) <= PROPERTIES_BYTES_MAX


def test_the_room_for_properties_shrinks_with_what_is_kept() -> None:
    assert properties_room(profile()) == PROPERTIES_BYTES_MAX
    large = {f"e{n}": enrollment(n, properties={"x": "y" * 3_900}) for n in range(60)}
    assert properties_room(profile(enrollments=large)) == 0


def test_a_trait_fits_up_to_a_thousand_bytes_with_its_name() -> None:
    assert fits_trait("a", "x" * 995)
    assert not fits_trait("a", "x" * 996)
    assert not fits_trait("x" * 1000, None)
