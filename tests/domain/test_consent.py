"""Words about consent arrive in any order, and come to one state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.consent import EXISTING_CUSTOMER, Consent, describe, later_word, stricter
from kairos.domain.packing import pack, unpack
from kairos.domain.profile import SCHEMA, Profile

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def yes(hours: int = 0, *, confirmed: bool = False) -> Consent:
    at = NOON + hours * HOUR
    return Consent(True, at, "shop", confirmed_at=at if confirmed else None)


def no(hours: int = 0) -> Consent:
    return Consent(False, NOON + hours * HOUR, "preferences")


def sale(hours: int = 0) -> Consent:
    return Consent(True, NOON + hours * HOUR, "shop", EXISTING_CUSTOMER)


def after(*words: Consent) -> Consent:
    def say(known: Consent | None, said: Consent) -> Consent:
        return later_word(known, said)

    state = reduce(say, words, None)
    assert state is not None
    return state


WORDS = st.builds(
    Consent,
    given=st.booleans(),
    at=st.integers(0, 4).map(lambda hours: NOON + hours * HOUR),
    source=st.sampled_from(("shop", "preferences")),
)
YES_WORDS = st.one_of(
    WORDS,
    st.integers(0, 4).map(sale),
    st.integers(0, 4).map(lambda hours: yes(hours, confirmed=True)),
)


@given(st.lists(YES_WORDS, min_size=1, max_size=4))
def test_the_order_of_arrival_does_not_matter(words: list[Consent]) -> None:
    assert len({after(*order) for order in permutations(words)}) == 1


@given(YES_WORDS, YES_WORDS)
def test_whom_two_customers_become_agreed_only_where_both_did_not_refuse(one: Consent, other: Consent) -> None:
    both = stricter(one, other)
    assert both == stricter(other, one)
    assert both.given == (one.given and other.given)


def test_a_refusal_that_was_folded_is_only_undone_by_a_later_word_than_both() -> None:
    both = stricter(no(0), yes(2))
    assert not after(both, yes(1)).given
    assert after(both, yes(3)).given


def test_a_sale_never_undoes_a_refusal_and_never_replaces_a_word_of_the_customers_own() -> None:
    assert not after(no(), sale(5)).given
    assert after(yes(), sale(5)).basis == "consent"
    assert after(sale(5), yes()).basis == "consent"
    assert after(sale(5), no()).given is False


def test_a_later_sale_counts_from_then() -> None:
    assert after(sale(5), sale(1)).at == NOON + 5 * HOUR


def test_a_confirmation_outlives_what_the_shop_repeats_but_not_a_refusal() -> None:
    assert after(yes(0), yes(1, confirmed=True), yes(2)).confirmed
    assert not after(yes(0), yes(1, confirmed=True), no(2), yes(3)).confirmed
    assert not after(yes(3), no(2), yes(1, confirmed=True)).confirmed
    assert after(no(2), yes(3), yes(4, confirmed=True)).confirmed


def test_it_ends_at_its_expiry_exactly() -> None:
    consent = Consent(True, NOON, expires_at=NOON + HOUR)
    assert consent.stands(NOON + HOUR - timedelta(microseconds=1))
    assert not consent.stands(NOON + HOUR)


@pytest.mark.parametrize(
    "consent",
    [yes(), no(), sale(), Consent(True, NOON, "s", EXISTING_CUSTOMER, "2026-11", NOON + HOUR, NOON, NOON - HOUR)],
)
def test_it_is_stored_whole(consent: Consent) -> None:
    profile = Profile("u1", NOON, consents={("email", "marketing"): consent})
    assert unpack(pack(profile), SCHEMA).consents == profile.consents


def test_what_was_stored_before_there_was_a_basis_is_read() -> None:
    packed = pack(Profile("u1", NOON, consents={("email", "marketing"): yes()}))
    assert [len(row) for row in packed["c"]] == [5], "what most consents do not have costs nothing"
    assert unpack(packed, SCHEMA).consents["email", "marketing"] == yes()


def test_it_says_what_is_special_about_it() -> None:
    assert describe(yes()) == ""
    assert describe(Consent(True, NOON, "s", EXISTING_CUSTOMER, "v2", NOON + HOUR)) == (
        "existing customer, wording v2, until 2026-11-22T13:00:00Z"
    )
