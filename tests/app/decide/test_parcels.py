"""Between two profiles that become one every word may be lost, late, repeated or overtaken, and nothing is."""

from __future__ import annotations

import json
import random
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.decide import decide
from kairos.app.decide.parcels import ASKS_MAX, STATE_CHARACTERS_MAX, pack_state, unpack_state
from kairos.domain.effects import Tell
from kairos.domain.errors import BadInput, NoRoom, Unavailable
from kairos.domain.event import EVENT_BYTES_MAX, Event
from kairos.domain.merge import MERGED, MERGING, SOURCE, Merge, merge_request, told
from kairos.domain.profile import Entry, Profile
from kairos.domain.reason import Reason
from tests.app.decide.company import Company
from tests.app.decide.test_fold import CARE, CART, STARTS, cart, order
from tests.app.decide.world import NOON, booking, make_event, release_of
from tests.aws.profiles import busy_profile

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def company_of(*ids: str) -> Company:
    company = Company(CART, CARE)
    company.introduce(*ids)
    return company


def names(words: list[Tell]) -> list[tuple[str, str]]:
    return [(word.profile, event.name) for word in words for event in word.events]


# ---- the loser -------------------------------------------------------------------------------------------------


def test_the_loser_keeps_nothing_but_its_parcel_until_that_has_arrived() -> None:
    company = company_of("a", "b")
    company.hear("a", cart(NOON))
    company.merge("a", "b", arrive=False)
    loser = company["a"]
    assert (loser.merged_into, len(loser.parcels)) == ("b", 1)
    assert (loser.enrollments, loser.messages, loser.consents, loser.traits) == ({}, {}, {}, {})
    assert company.wake_at["a"] == NOON + 15 * M
    company.arrive()
    assert company["a"].parcels == {}
    assert company.wake_at["a"] is None


@pytest.mark.parametrize("lost", [0, 1], ids=["the state is lost", "the answer is lost"])
def test_what_is_lost_is_told_again_and_arrives_once(lost: int) -> None:
    company = company_of("a", "b")
    company.hear("a", cart(NOON), order(NOON - M, "c9"))
    company.merge("a", "b", arrive=False)
    company.arrive(lost)
    company.words.clear()
    company.live_until(NOON + D)
    assert [template for template, _ in company.messages] == ["hello", "second"]
    assert company.said("b", "merged") == ["merged with a"]
    assert company["a"].parcels == {}


def test_a_state_is_told_again_for_ever_but_less_and_less_often() -> None:
    company = company_of("a", "b")
    company.merge("a", "b", arrive=False)
    pauses = []
    for _ in range(70):
        company.words.clear()
        at = company.wake_at["a"]
        assert at is not None
        pauses.append(at - company.now)
        company.wake("a", at)
    assert (pauses[0], pauses[1], pauses[-1]) == (15 * M, 30 * M, 6 * H)
    company.arrive()
    assert company["a"].parcels == {}


def test_a_request_that_comes_twice_changes_nothing() -> None:
    company = company_of("a", "b")
    company.merge("a", "b", arrive=False)
    company.merge("a", "b", arrive=False)
    assert names(company.words) == [("b", MERGED)]


def test_a_profile_that_was_never_written_becomes_another_and_forwards() -> None:
    company = company_of("b")
    company.merge("a", "b")
    company.hear("a", cart(NOON))
    company.arrive()
    assert [passage.subject for passage in company["b"].enrollments.values()] == ["c1"]
    assert company["a"].enrollments == {}


def test_a_winner_that_was_never_written_comes_to_be() -> None:
    company = company_of("a")
    company.hear("a", cart(NOON))
    company.merge("a", "b")
    company.live_until(NOON + D)
    assert company["b"].birth == "b"
    assert [template for template, _ in company.messages] == ["hello", "second"]


def test_nobody_becomes_themselves_or_whoever_became_them() -> None:
    company = company_of("a", "b")
    company.merge("a", "b")
    for winner in ("a", "b"):
        company.merge("b", winner)
    assert company["b"].merged_into is None
    assert company.said("b", "ignored") == ["a is this profile already", "b is this profile already"]


def test_an_answer_for_a_profile_that_is_gone_brings_nobody_back() -> None:
    answer = told("x", "profile_merge_done", "a", NOON, {"by": "b", "parcels": ["p"]})
    assert decide(None, release_of(), [answer], NOON) is None


# ---- what comes for the loser afterwards -----------------------------------------------------------------------


def test_what_comes_for_the_loser_is_heard_by_the_winner_once() -> None:
    company = company_of("a", "b")
    company.merge("a", "b")
    for _ in range(3):
        company.hear("a", cart(NOON))
        company.arrive()
    assert [passage.subject for passage in company["b"].enrollments.values()] == ["c1"]
    assert company["a"].parcels == {}


def test_events_wait_until_the_state_has_arrived() -> None:
    company = company_of("a", "b")
    company.hear("a", cart(NOON))
    company.merge("a", "b", arrive=False)
    company.words.clear()
    company.hear("a", order(NOON + M), at=NOON + M)
    assert company.words == []
    company.live_until(NOON + D)
    assert company.said("b", "converted") == [""]
    assert company.messages == []


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_an_event_is_not_lost_with_any_word(lost: int) -> None:
    company = company_of("a", "b")
    company.merge("a", "b", arrive=False)
    company.hear("a", cart(NOON))
    company.arrive(lost)
    company.words.clear()
    company.live_until(NOON + D)
    assert [passage.subject for passage in company["b"].enrollments.values()] == ["c1"]
    assert company["a"].parcels == {}


def test_a_wake_up_for_the_loser_tells_what_is_outstanding_and_nothing_else() -> None:
    company = company_of("a", "b")
    company.hear("a", booking(NOON, STARTS))
    company.merge("a", "b", arrive=False)
    company.wake("a", NOON + M)
    assert names(company.words) == [("b", MERGED)]
    company.wake("a", NOON + 15 * M)
    assert names(company.words) == [("b", MERGED)] * 2


def test_more_events_than_the_loser_can_keep_are_refused_not_lost() -> None:
    company = company_of("a", "b")
    company.merge("a", "b", arrive=False)
    large = {"note": "x" * (EVENT_BYTES_MAX - 2_000)}
    for number in range(3):
        company.hear("a", make_event("noted", NOON, id=f"n{number}", properties=large))
    with pytest.raises(NoRoom):
        company.hear("a", make_event("noted", NOON, id="one more", properties=large))
    company.live_until(NOON + H)
    assert company["a"].parcels == {}


def test_an_event_that_nobody_confirms_is_told_for_two_weeks() -> None:
    company = company_of("a", "b")
    company.merge("a", "b")
    company.hear("a", cart(NOON))
    for _ in range(ASKS_MAX):
        company.words.clear()
        at = company.wake_at["a"]
        assert at is not None
        company.wake("a", at)
    assert company.now > NOON + 14 * D
    assert company["a"].parcels == {}
    assert company.said("a", "ignored") == [f"an event was told {ASKS_MAX} times to b and never confirmed"]


# ---- chains ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [("a", "b"), ("b", "c")])
@pytest.mark.parametrize("between", range(6))
def test_a_chain_of_half_done_merges_ends_at_one(first: tuple[str, str], between: int) -> None:
    company = company_of("a", "b", "c")
    company.hear("a", cart(NOON, "c1"), booking(NOON, STARTS))
    company.hear("b", cart(NOON, "c2"))
    company.merge(*first, arrive=False)
    company.arrive(between)
    company.merge(*(("b", "c") if first == ("a", "b") else ("a", "b")), arrive=False)
    company.hear("a", order(NOON + M, "c2"), at=NOON + M)
    company.live_until(STARTS + D)
    assert {"a", "b"} <= set(company["c"].former)
    assert (company["a"].parcels, company["b"].parcels) == ({}, {})
    assert sorted(template for template, _ in company.messages) == ["hello", "hello", "second", "second"]
    assert company.said("c", "converted") + company.said("b", "converted") == [""]


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_lost_repeated_or_overtaken_one_customer_remains(seed: int) -> None:
    """Four profiles become one, in a drawn order of everything; then the world behaves, and all must be well."""
    draw = random.Random(seed)
    company = company_of("a", "b", "c", "d")
    said: list[tuple[str, Event]] = [("a", cart(NOON, "c1")), ("b", cart(NOON, "c2")), ("c", booking(NOON, STARTS))]
    said += [("d", make_event("seen", NOON, id="d1")), ("a", order(NOON + M, "c2")), ("b", cart(NOON, "c1"))]
    said += [(loser, merge_request(Merge(loser, winner), NOON)) for loser, winner in ("ab", "bd", "cd")]
    said += draw.sample(said, 3)
    draw.shuffle(said)
    while said or company.words:
        if said and (not company.words or draw.random() < 0.4):
            profile, event = said.pop()
            company.hear(profile, event)
            continue
        word = company.words.pop(draw.randrange(len(company.words)))
        fate = draw.random()
        if fate < 0.7:
            company.arrives(word)
        if fate > 0.6 and fate < 0.75 and draw.random() < 0.5:
            company.words.append(word)
    company.live_until(STARTS + 3 * D)
    assert {"a", "b", "c"} <= set(company["d"].former)
    for loser in "abc":
        assert company[loser].parcels == {}
        assert company[loser].merged_into is not None
    assert sorted(template for template, _ in company.messages) == ["hello", "hello", "second", "second"]
    converted = [reason for reason in company.reasons if reason.kind == "converted"]
    too_late = [reason for reason in company.reasons if reason.reason == "goal or exit came first"]
    assert len(converted) == 1 or (not converted and too_late), "the order was seen neither after the cart nor before"


# ---- size and form ---------------------------------------------------------------------------------------------


def test_a_state_comes_back_as_it_was() -> None:
    profile = replace(busy_profile(NOON, 20), version=0)
    assert unpack_state(pack_state(profile)) == replace(profile, sequences={}, alarm=None)


def noise(count: int, draw: random.Random) -> str:
    return draw.randbytes(count).hex()


def test_a_state_too_large_to_travel_leaves_behind_what_may_go() -> None:
    draw = random.Random(1)
    entries = {
        ("booking", f"b{n}"): Entry("booking", f"b{n}", NOON, None, {"x": noise(500, draw)}, NOON) for n in range(180)
    }
    profile = Profile("a", NOON, entries=entries)
    profile.log = tuple(Reason(NOON, "a", "ignored", noise(1_000, draw)) for _ in range(100))
    shipped = unpack_state(pack_state(profile))
    assert shipped.log == ()
    assert shipped.entries == entries


def test_a_state_that_cannot_travel_at_all_is_refused_and_the_profile_stays() -> None:
    draw = random.Random(1)
    entries = {
        ("booking", f"b{n}"): Entry("booking", f"b{n}", NOON, None, {"x": noise(900, draw)}, NOON) for n in range(200)
    }
    with pytest.raises(NoRoom):
        decide(Profile("a", NOON, entries=entries), release_of(), [merge_request(Merge("a", "b"), NOON)], NOON)


def test_the_fullest_profile_by_its_budgets_can_travel() -> None:
    assert len(pack_state(busy_profile(NOON, 150))) < STATE_CHARACTERS_MAX / 3


@pytest.mark.parametrize(
    "event",
    [
        told("x", "profile_burned", "a", NOON, {}),
        told("x", MERGING, "a", NOON, {}),
        told("x", MERGING, "a", NOON, {"into": 3}),
        told("x", MERGED, "a", NOON, {"from": "b", "parcel": "p", "content": "!"}),
        told("x", MERGED, "a", NOON, {"from": "b", "parcel": "p", "content": pack_state(Profile("b", NOON))[:-8]}),
        told("x", "profile_forwarded", "a", NOON, {"from": "b", "parcel": "p", "content": "{"}),
        told("x", "profile_forwarded", "a", NOON, {"from": "b", "parcel": "p", "content": "{}"}),
    ],
    ids=lambda event: f"{event.name}-{len(str(event.properties))}",
)
def test_words_that_nobody_tells_are_rejected(event: Event) -> None:
    with pytest.raises(BadInput):
        decide(Profile("a", NOON), release_of(), [event], NOON)


def test_a_state_of_a_newer_schema_waits_for_newer_code() -> None:
    text = b64encode(zlib.compress(json.dumps({"schema": 99, "profile": {}}).encode())).decode()
    event = told("x", MERGED, "a", NOON, {"from": "b", "parcel": "p", "content": text})
    with pytest.raises(Unavailable):
        decide(Profile("a", NOON), release_of(), [event], NOON)


@pytest.mark.parametrize("source", ["track", "shopify", ""])
def test_a_sources_own_event_of_that_name_merges_nobody(source: str) -> None:
    company = company_of("a")
    company.hear("a", make_event(MERGING, NOON, source=source, properties={"into": "b"}))
    assert source != SOURCE
    assert company["a"].merged_into is None
