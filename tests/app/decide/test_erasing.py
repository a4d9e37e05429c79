"""Whoever was erased stays erased: whatever comes late, again, or from a merge under way brings nothing back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kairos.app.decide import decide
from kairos.domain.erasure import DONE, ERASED, MARK_KEPT, SOURCE, erase_request, erasure_done
from kairos.domain.event import Event
from kairos.domain.merge import Merge, merge_request
from kairos.domain.profile import Profile
from tests.app.decide.company import Company
from tests.app.decide.test_fold import CARE, CART, cart, order
from tests.app.decide.world import NOON, booking, consent, make_event, release_of

D = timedelta(days=1)
LATE = [
    cart(NOON + D),
    order(NOON, "c1"),
    consent(NOON + D),
    booking(NOON + D, NOON + 9 * D),
    make_event("message_clicked", NOON + D, message="m1", source="ses"),
    make_event("walked", NOON + D, source="walk", properties={"about": "enroll", "journeys": []}),
]


def company_of(*ids: str) -> Company:
    company = Company(CART, CARE)
    company.introduce(*ids)
    return company


def erase(company: Company, id: str) -> None:
    company.hear(id, erase_request(id, company.now))


def is_empty(profile: Profile) -> bool:
    blank = Profile(profile.id, profile.created_at, version=profile.version, former=profile.former)
    blank.erased_at, blank.erased_everywhere = profile.erased_at, profile.erased_everywhere
    return profile == blank


def test_nothing_is_left_of_an_erased_profile_but_that_it_was_erased() -> None:
    company = company_of("a")
    company.hear("a", cart(NOON), booking(NOON, NOON + 9 * D))
    assert company["a"].enrollments
    erase(company, "a")
    assert is_empty(company["a"])
    assert company["a"].erased_at == NOON
    assert company.wake_at["a"] is None
    assert company.said("a", "erased") == ["whatever was known is gone"]


@pytest.mark.parametrize("event", LATE, ids=lambda event: event.name)
def test_what_comes_late_changes_nothing(event: Event) -> None:
    company = company_of("a")
    erase(company, "a")
    before = company.versions["a"]
    company.hear("a", event)
    company.wake("a", NOON + 2 * D)
    erase(company, "a")
    assert company.versions["a"] == before
    assert is_empty(company["a"])


def test_events_of_the_same_batch_go_with_it_whatever_their_order() -> None:
    company = company_of("a")
    company.hear("a", consent(NOON), erase_request("a", NOON), cart(NOON), booking(NOON, NOON + D))
    assert is_empty(company["a"])
    assert company.sends == []


def test_a_profile_that_is_not_there_yet_is_marked_so_that_what_is_under_way_finds_the_mark() -> None:
    outcome = decide(None, release_of(), [make_event("cart_updated"), erase_request("u1", NOON)], NOON)
    assert outcome is not None
    assert outcome.profile.erased_at == NOON


def test_the_mark_stays_until_the_rest_is_gone_and_a_month_longer() -> None:
    company = company_of("a")
    erase(company, "a")
    left = decide(company["a"], company.release, [erasure_done("a", NOON + 50 * D)], NOON + 50 * D)
    assert left is not None
    assert (left.profile.erased_everywhere, left.ttl) == (True, NOON + 50 * D + MARK_KEPT)
    unfinished = decide(None, company.release, [erase_request("b", NOON)], NOON)
    assert unfinished is not None
    assert unfinished.ttl is None
    assert decide(left.profile, company.release, [erasure_done("a", NOON)], NOON + 51 * D) is None


def test_that_the_rest_is_gone_means_nothing_for_whom_nobody_erased() -> None:
    company = company_of("a")
    company.hear("a", erasure_done("a", NOON))
    assert company["a"].erased_at is None
    assert decide(None, company.release, [erasure_done("z", NOON)], NOON) is None


def test_former_ids_are_erased_with_the_one_they_became() -> None:
    company = company_of("a", "b")
    company.merge("a", "b")
    erase(company, "b")
    company.arrive()
    assert [company[id].erased_at for id in ("a", "b")] == [NOON, NOON]
    assert is_empty(company["a"])


def test_a_request_that_reaches_a_former_id_reaches_whom_it_became() -> None:
    company = company_of("a", "b")
    company.hear("a", cart(NOON))
    company.merge("a", "b", arrive=False)
    company.words.clear()  # its state is still on its way
    erase(company, "a")
    company.arrive()
    assert [is_empty(company[id]) for id in ("a", "b")] == [True, True]


def test_a_profile_on_its_way_into_an_erased_one_is_let_go_and_brings_nothing() -> None:
    company = company_of("a", "b")
    company.hear("a", cart(NOON))
    erase(company, "b")
    company.merge("a", "b")
    company.arrive()
    assert is_empty(company["b"])
    assert company["a"].parcels == {}
    company.hear("a", cart(NOON + D))
    company.arrive()
    company.arrive()
    assert company["a"].parcels == {}
    assert is_empty(company["b"])


def test_an_erased_profile_becomes_nobody() -> None:
    company = company_of("a", "b")
    erase(company, "a")
    company.hear("a", merge_request(Merge("a", "b"), NOON))
    assert is_empty(company["a"])
    assert company.words == []


@pytest.mark.parametrize("name", [ERASED, DONE])
def test_nobody_else_can_ask_for_it_by_name(name: str) -> None:
    company = company_of("a")
    company.hear("a", make_event(name, source="track", connection="main"), cart(NOON))
    assert company["a"].erased_at is None
    assert company["a"].enrollments


def test_its_words_are_told_by_their_source() -> None:
    asked = erase_request("a", NOON, "c-1")
    assert (asked.source, asked.correlation, asked.historical) == (SOURCE, "c-1", True)
    assert asked.id != erase_request("b", NOON).id
