"""Folding: whatever each of two profiles knew, intended and sent, the one that remains does once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide.fold import FORMERS_MAX
from kairos.domain.budget import BUDGETS
from kairos.domain.event import Event
from kairos.domain.profile import Consent
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, booking, cancelled, consent, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

CART = {
    "id": "cart",
    "class": "marketing",
    "trigger": {"event": "cart_updated"},
    "subject": "cart_id",
    "goal": {"event": "order_completed", "within": "7d"},
    "exit": [{"event": "cart_emptied"}],
    "steps": [{"wait": "1h"}, {"send": "hello"}, {"wait": "3h"}, {"send": "second"}],
}
CARE = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-1d", "send": "hello"}, {"at": "-2h", "send": "second"}],
    "on_cancel": {"send": "sorry"},
}


def cart(at: datetime, name: str = "c1", **more: Any) -> Event:
    more.setdefault("id", f"cart/{name}/{at}")
    return make_event("cart_updated", at, properties={"cart_id": name}, **more)


def order(at: datetime, id: str = "c1") -> Event:
    return make_event("order_completed", at, id=f"order/{id}/{at}", properties={"cart_id": id})


def anonymous_and_known(*journeys: Any, **release: Any) -> Company:
    """Return a company in which `known` can be reached and `anon` cannot."""
    company = Company(*journeys, **release)
    company.introduce("known")
    return company


# ---- facts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_the_newest_trait_and_reach_win_whoever_knew_them(first: str, second: str) -> None:
    company = Company()
    company.hear(first, make_event("u", NOON, traits={"tier": "old", "x": 1}, reach={"sms": True}))
    company.hear(second, make_event("v", NOON + M, traits={"tier": "new"}, reach={"sms": False}), at=NOON + M)
    company.merge("a", "b")
    assert company["b"].traits == {"tier": "new", "x": 1}
    assert company["b"].reach == {"sms": False}


@pytest.mark.parametrize(("yes", "no"), [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("later", ["yes", "no"])
def test_the_stricter_consent_wins_whoever_said_it_and_whenever(yes: str, no: str, later: str) -> None:
    company = Company()
    at = {"yes": NOON, "no": NOON, later: NOON + H}
    company.hear(yes, consent(at["yes"]), at=NOON + H)
    company.hear(no, consent(at["no"], given=False))
    company.merge("a", "b")
    assert company["b"].consents["email", "marketing"] == Consent(False, NOON + H)
    company.hear("b", consent(NOON + 30 * M, id="late"))
    assert not company["b"].consents["email", "marketing"].given
    company.hear("b", consent(NOON + 2 * H, id="anew"), at=NOON + 2 * H)
    assert company["b"].consents["email", "marketing"].given


def test_a_consent_that_only_one_has_stays() -> None:
    company = Company()
    company.hear("a", consent(NOON))
    company.hear("b", consent(NOON, "sms", given=False))
    company.merge("a", "b")
    assert {key: said.given for key, said in company["b"].consents.items()} == {
        ("email", "marketing"): True,
        ("sms", "marketing"): False,
    }


def test_counters_add_up_and_an_event_that_reached_both_counts_once() -> None:
    often = {"did": "looked", "times": {"gte": 4}, "within": "7d"}
    company = Company(segments={"often": often})
    company.hear("a", *(make_event("looked", NOON + n * M, id=f"a{n}") for n in range(3)), at=NOON + H)
    company.hear("b", *(make_event("looked", NOON + n * M, id=f"{'ab'[n > 2]}{n}") for n in (2, 7, 9)))
    company.merge("a", "b")
    [counter] = company["b"].counters.values()
    assert counter.times == tuple(NOON + n * M for n in (0, 1, 2, 7, 9))


def test_caps_add_up() -> None:
    company = Company(
        {**CART, "steps": [{"send": "mail"}], "goal": None, "exit": []},
        brand={"caps": [{"channel": "email", "max": 3, "per": "7d"}]},
    )
    company.introduce("a", "b")
    company.hear("a", cart(NOON, "c1"), cart(NOON, "c2"))
    company.hear("b", cart(NOON, "c3"))
    company.merge("a", "b")
    company.hear("b", cart(NOON + M, "c4"), at=NOON + M)
    assert len(company.messages) == 3
    assert company.said("b", "not_sent") == ["frequency cap"]


def test_an_event_that_the_loser_has_seen_is_not_applied_again() -> None:
    company = anonymous_and_known(CART)
    event = cart(NOON)
    company.hear("anon", event)
    company.merge("anon", "known")
    company.hear("known", event)
    assert len(company["known"].enrollments) == 1
    assert company.said("known", "entered") == []


# ---- who it is -------------------------------------------------------------------------------------------------


def test_the_winner_keeps_its_own_birth_and_lists_the_others() -> None:
    company = Company(CART)
    company.introduce("a", "b", "c")
    company.hear("a", cart(NOON, "c1"))
    company.hear("b", cart(NOON, "c2"))
    before = {*company["a"].enrollments, *company["b"].enrollments}
    company.merge("a", "b")
    company.merge("b", "c")
    winner = company["c"]
    assert winner.birth == "c"
    assert set(winner.former) == {"a", "b", "c"}
    assert set(winner.enrollments) == before


def test_no_more_former_ids_are_kept_than_one_read_of_contacts_can_bear() -> None:
    company = Company()
    for number in range(FORMERS_MAX + 20):
        company.merge(f"p{number}", "z")
    former = company["z"].former
    assert (former[0], former[-1], len(former)) == ("z", f"p{FORMERS_MAX + 19}", FORMERS_MAX)


def test_both_say_what_happened() -> None:
    company = Company()
    company.merge("a", "b")
    assert company.said("a", "merged") == ["merged into b"]
    assert company.said("b", "merged") == ["merged with a"]
    assert "merged with a" in {reason.reason for reason in company["b"].log}


# ---- passages --------------------------------------------------------------------------------------------------


def test_what_the_loser_had_begun_goes_on_under_the_winner() -> None:
    company = anonymous_and_known(CART)
    company.hear("anon", cart(NOON))
    company.merge("anon", "known")
    company.live_until(NOON + D)
    assert company.messages == [("hello", NOON + H), ("second", NOON + 4 * H)]
    assert company["anon"].enrollments == {}


@pytest.mark.parametrize("when", [NOON + 10 * M, NOON + 90 * M], ids=["before the message", "after it"])
def test_an_order_known_by_another_name_converts_the_anonymous_cart(when: datetime) -> None:
    company = anonymous_and_known(CART)
    company.hear("anon", cart(NOON))
    company.live_until(when)
    company.hear("known", order(when), at=when)
    company.merge("anon", "known")
    company.live_until(when + D)
    assert company.messages == []
    assert company.said("known", "converted") == [""]


def test_an_exit_known_by_another_name_ends_the_passage() -> None:
    company = anonymous_and_known(CART)
    company.hear("anon", cart(NOON))
    company.hear("known", make_event("cart_emptied", NOON + M, properties={"cart_id": "c1"}), at=NOON + M)
    company.merge("anon", "known")
    company.live_until(NOON + D)
    assert company.messages == []
    assert company.said("known", "converted") == []


@pytest.mark.parametrize(
    "event",
    [order(NOON + M, "c2"), order(NOON - M), make_event("order_completed", NOON - M)],
    ids=["of another cart", "before the cart", "of no cart and before"],
)
def test_an_order_that_does_not_concern_the_passage_leaves_it(event: Event) -> None:
    company = anonymous_and_known(CART)
    company.hear("anon", cart(NOON))
    company.hear("known", event, at=NOON + M)
    company.merge("anon", "known")
    company.live_until(NOON + D)
    assert [template for template, _ in company.messages] == ["hello", "second"]


def test_one_cart_known_to_both_gets_its_messages_once() -> None:
    company = Company(CART)
    company.introduce("a", "b")
    company.hear("a", cart(NOON))
    company.hear("b", cart(NOON + M), at=NOON + M)
    company.merge("a", "b")
    company.live_until(NOON + D)
    assert company.messages == [("hello", NOON + H), ("second", NOON + 4 * H)]


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_of_two_passages_the_one_that_has_sent_more_stays(first: str, second: str) -> None:
    company = Company(CART)
    company.introduce("a", "b")
    company.hear(first, cart(NOON))
    company.live_until(NOON + 90 * M)
    company.hear(second, cart(company.now, id="again"), at=company.now)
    company.merge("a", "b")
    company.live_until(NOON + 2 * D)
    assert [template for template, _ in company.messages] == ["hello", "second"]


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_a_passage_that_is_over_is_not_walked_again_by_the_other(first: str, second: str) -> None:
    company = Company(CART)
    company.introduce("a", "b")
    company.hear(first, cart(NOON))
    company.live_until(NOON + 5 * H)
    company.hear(second, cart(company.now, id="again"), at=company.now)
    company.merge("a", "b")
    company.live_until(NOON + 3 * D)
    assert [template for template, _ in company.messages] == ["hello", "second"]


def test_passages_beyond_the_budget_end_with_that_reason() -> None:
    company = Company(CART)
    most = BUDGETS["enrollments"].most
    for profile in ("a", "b"):
        company.hear(profile, *(cart(NOON, f"{profile}{number}") for number in range(100)))
        company.hear(profile, *(cart(NOON + M, f"{profile}{number}") for number in range(100, most - 20)))
    company.merge("a", "b")
    assert sum(1 for passage in company["b"].enrollments.values() if passage.active) == most
    assert company.said("b", "exited") == ["no room for another enrollment"] * (2 * (most - 20) - most)


def test_a_message_held_when_the_merge_comes_is_sent_once_when_its_time_comes() -> None:
    company = Company(CART, brand={"quiet_hours": {"email": "12:30-14:00"}})
    company.introduce("a", "b")
    company.hear("a", cart(NOON))
    company.live_until(NOON + 70 * M)
    assert [message.state for message in company["a"].messages.values()] == ["held"]
    company.merge("a", "b")
    company.live_until(NOON + 3 * H)
    assert company.messages == [("hello", NOON + 2 * H)]


def test_a_message_queued_when_the_merge_comes_is_reported_through_the_loser() -> None:
    company = Company(CART)
    company.introduce("a", "b")
    company.hear("a", cart(NOON))
    company.live_until(NOON + H, reporting=False)
    [send] = company.sends
    company.merge("a", "b")
    assert company["b"].messages[send.message].state == "asked"
    company.report("a", send.message)
    company.arrive()
    assert company["b"].messages == {}
    assert [id for _, _, id in company["b"].sent] == [send.message]


def test_what_the_other_refused_is_taken_back() -> None:
    company = Company(CART)
    company.introduce("a", "b")
    company.hear("a", cart(NOON))
    company.live_until(NOON + H, reporting=False)
    company.hear("b", consent(NOON + H, given=False, id="no"), consent(NOON + H, "sms", given=False, id="no sms"))
    company.merge("a", "b")
    assert company["b"].messages == {}
    assert "no consent" in company.said("b", "not_sent")


# ---- entries ---------------------------------------------------------------------------------------------------

STARTS = NOON + 3 * D


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_a_booking_that_the_other_cancelled_is_off(first: str, second: str) -> None:
    company = Company(CARE)
    company.introduce("a", "b")
    company.hear(first, booking(NOON, STARTS))
    company.hear(second, cancelled(NOON + M), at=NOON + M)
    company.merge("a", "b")
    company.live_until(STARTS + D)
    assert [template for template, _ in company.messages] == ["sorry"]


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_a_booking_that_the_other_saw_moved_is_reminded_of_once_at_its_new_time(first: str, second: str) -> None:
    company = Company(CARE)
    company.introduce("a", "b")
    company.hear(first, booking(NOON, STARTS))
    company.hear(second, booking(NOON + M, STARTS + H), at=NOON + M)
    company.merge("a", "b")
    company.live_until(STARTS + D)
    assert company.messages == [("hello", STARTS + H - D), ("second", STARTS - H)]


def test_a_booking_that_only_the_loser_had_is_reminded_of() -> None:
    company = Company(CARE)
    company.introduce("a", "b")
    company.hear("a", booking(NOON, STARTS))
    company.merge("a", "b")
    company.live_until(STARTS + D)
    assert company.messages == [("hello", STARTS - D), ("second", STARTS - 2 * H)]


def test_a_reschedule_under_a_new_id_that_the_other_heard_of_joins_the_old_one() -> None:
    company = Company(CARE)
    company.introduce("a", "b")
    company.hear("a", booking(NOON, STARTS))
    company.hear("b", booking(NOON + M, STARTS + H, "b2", replaces="b1"), at=NOON + M)
    company.merge("a", "b")
    assert list(company["b"].entries) == [("booking", "b2")]
    assert company["b"].entries["booking", "b2"].former == ("b1",)
    company.live_until(STARTS + D)
    assert company.messages == [("hello", STARTS + H - D), ("second", STARTS - H)]


def test_local_clock_steps_follow_the_zone_that_the_winner_has() -> None:
    care = {**CARE, "timeline": [{"at": "-1d 10:00", "send": "hello"}]}
    company = Company(care)
    company.introduce("a", "b")
    company.hear("a", booking(NOON, STARTS))
    company.hear("b", make_event("zone", NOON, traits={"timezone": "Asia/Seoul"}))
    company.merge("a", "b")
    company.live_until(STARTS + D)
    assert company.messages == [("hello", (STARTS - D).replace(hour=1))]


def test_holdouts_stay_as_they_were_given() -> None:
    company = Company({**CART, "holdout": "100%"})
    company.introduce("a", "b")
    company.hear("a", cart(NOON))
    company.merge("a", "b")
    [passage] = company["b"].enrollments.values()
    assert passage.holdout
    company.hear("b", order(NOON + M), at=NOON + M)
    assert company.said("b", "converted") == ["in holdout"]


def test_folding_does_not_depend_on_the_order_of_two_losers() -> None:
    def live(*losers: str) -> Any:
        company = Company(CART, CARE)
        company.introduce("a", "b", "z")
        company.hear("a", cart(NOON), booking(NOON, STARTS), consent(NOON, given=False, id="no"))
        company.hear("b", cart(NOON + M, "c2"), order(NOON + 2 * M), cancelled(NOON + M), at=NOON + 2 * M)
        for loser in losers:
            company.merge(loser, "z")
        known = company["z"]
        passages = {id: (passage.active, passage.converted) for id, passage in known.enrollments.items()}
        facts = (known.consents, known.entries, known.entered, known.endings, known.sent, set(known.former))
        return passages, facts, company.messages

    assert live("a", "b") == live("b", "a")
