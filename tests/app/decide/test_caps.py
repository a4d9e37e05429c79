"""What counts against a cap, whatever happens to messages and customers meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.budget import BUDGETS
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def mails(id: str = "j", **more: Any) -> dict[str, Any]:
    step = {"send": "mail", **more.pop("send", {})}
    trigger = {"event": id}
    return {"id": id, "class": "marketing", "trigger": trigger, "reenter": "always", "steps": [step], **more}


def capped(most: int, per: str = "1d", **more: Any) -> dict[str, Any]:
    return {"caps": [{"channel": "email", "max": most, "per": per, **more}]}


# ---- from when a message counts ----------------------------------------------------------------------------------


def test_a_message_that_lay_in_a_queue_counts_from_when_it_was_sent() -> None:
    world = World(mails(), brand=capped(1), reporting=False)
    world.hear(make_event("j"))
    message = world.only_message().id
    world.hear(world.report(message, "message_sent", NOON + 5 * H))
    world.hear(make_event("j", NOON + D))
    assert world.said("not_sent") == ["frequency cap"], "sent 19 hours ago"
    world.hear(make_event("j", NOON + D + 5 * H))
    assert world.sent == ["mail", "mail"]


def test_a_message_on_its_way_counts_for_as_long_as_it_may_still_go_out() -> None:
    world = World(mails(), brand=capped(1, "1h"), reporting=False)
    world.hear(make_event("j"))
    world.hear(make_event("j", NOON + 20 * H))
    assert world.said("not_sent") == ["frequency cap"]


def test_what_was_withdrawn_before_anybody_asked_again_gives_its_place_back() -> None:
    world = World(mails(goal={"event": "bought", "within": "7d"}), brand=capped(1), reporting=False)
    world.hear(make_event("j"))
    world.hear(make_event("bought", NOON + M))
    world.hear(make_event("j", NOON + 2 * M))
    assert world.sent == ["mail", "mail"]


def test_what_was_withdrawn_after_nobody_answered_may_be_out_and_keeps_its_place() -> None:
    world = World(mails(goal={"event": "bought", "within": "7d"}), brand=capped(1), reporting=False)
    world.hear(make_event("j"))
    assert world.outcome is not None
    assert world.outcome.wake_at is not None
    world.wake(world.outcome.wake_at)
    asked_again = world.now
    world.hear(make_event("bought", asked_again + M))
    world.hear(make_event("j", asked_again + 2 * M))
    assert world.said("not_sent") == ["goal reached", "frequency cap"]
    world.hear(make_event("j", asked_again + D + M))
    assert world.sent[-1] == "mail", "a day after it may have gone out as late as it could"


def test_what_nobody_ever_reported_counts_from_when_that_was_given_up() -> None:
    world = World(mails(), brand=capped(1, "1d"), reporting=False)
    world.hear(make_event("j"))
    while world.known.messages:
        assert world.outcome is not None
        assert world.outcome.wake_at is not None
        world.wake(world.outcome.wake_at)
    closed = world.now
    world.hear(make_event("j", closed + D - M))
    assert world.sent == ["mail"]
    world.hear(make_event("j", closed + D))
    assert world.sent == ["mail", "mail"]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_reports_in_any_order_leave_the_same_count(order: tuple[int, ...]) -> None:
    world = World(mails(), brand=capped(1), reporting=False)
    world.hear(make_event("j"))
    id = world.only_message().id
    told = {"channel": "email", "marketing": True}
    reports = [
        make_event("message_sent", NOON + hours * H, message=id, properties=told, received_at=NOON + 4 * H)
        for hours in (1, 2)
    ]
    world.hear(*(reports[index] for index in order), at=NOON + 4 * H)
    assert [at for _, at, _ in world.known.sent] == [NOON + 2 * H]


# ---- classes and calendars ---------------------------------------------------------------------------------------


def test_a_cap_for_the_other_class_counts_and_holds_that_class_alone() -> None:
    both = {"caps": [{"channel": "any", "max": 1, "per": "1d", "class": "transactional"}]}
    world = World(mails("news"), mails("receipt", **{"class": "transactional"}), brand=both)
    for at in (NOON, NOON + H):
        world.hear(make_event("news", at), make_event("receipt", at))
    went = [reason.journey for reason in world.reasons if reason.kind == "message"]
    assert sorted(went) == ["news", "news", "receipt"]
    assert [id for _, _, id in world.known.sent_transactional]


def test_a_cap_for_any_class_counts_both() -> None:
    world = World(mails("news"), mails("receipt", **{"class": "transactional"}), brand=capped(1, **{"class": "any"}))
    world.hear(make_event("receipt"))
    world.hear(make_event("news", NOON + H))
    assert world.sent == ["mail"]


def test_transactional_messages_are_not_remembered_where_no_cap_asks() -> None:
    world = World(mails("receipt", **{"class": "transactional"}), brand=capped(1))
    world.hear(make_event("receipt"))
    assert (world.known.sent, world.known.sent_transactional) == ((), ())


@pytest.mark.parametrize(
    ("second", "goes"), [("2026-03-02T14:59:59", False), ("2026-03-02T15:00", True)], ids=["before", "at midnight"]
)
def test_a_day_is_the_customers_own(second: str, goes: bool) -> None:
    world = World(mails(), brand=capped(1, "day"))
    world.hear(make_event("profile_updated", NOON - H, traits={"timezone": "Asia/Seoul"}))
    world.hear(make_event("j", NOON))  # nine in the evening there
    world.hear(make_event("j", datetime.fromisoformat(second).replace(tzinfo=UTC)))
    assert world.sent == ["mail"] * (1 + goes)


def test_where_no_zone_is_known_a_day_is_over_when_it_is_over_everywhere() -> None:
    zones = {"timezone": "Asia/Seoul", "zones": ["Asia/Seoul", "America/New_York"]}
    world = World(mails(send={"over_cap": "hold"}), brand={**zones, **capped(1, "day")})
    world.hear(make_event("j", NOON))  # the 2nd in both: 21:00 and 07:00
    world.hear(make_event("j", NOON + 4 * H))  # the 3rd in Seoul
    world.live_until(NOON + 2 * D)
    assert [at for at, _, _ in world.messages] == [NOON, datetime(2026, 3, 3, 5, tzinfo=UTC)]


# ---- becoming one ------------------------------------------------------------------------------------------------


def _full(company: Company, *ids: str) -> None:
    company.introduce(*ids)
    for id in ids:
        company.hear(id, make_event("j", company.now, id=f"go-{id}"))


def test_two_customers_with_full_caps_who_become_one_get_no_more_than_the_cap() -> None:
    company = Company(mails(), brand=capped(1))
    _full(company, "a", "b")
    assert len(company.sends) == 2
    company.merge("a", "b")
    assert [message.state for message in company["b"].messages.values()] == ["asked"]
    assert "frequency cap" in company.said("b", "not_sent")


def test_what_both_have_sent_counts_for_the_one_they_become() -> None:
    company = Company(mails(), brand=capped(2))
    _full(company, "a", "b")
    for send in list(company.sends):
        company.report(send.profile, send.message)
    company.merge("a", "b")
    company.hear("b", make_event("j", company.now + H, id="again"), at=company.now + H)
    assert len(company.sends) == 2


def test_of_what_is_on_its_way_for_both_the_higher_rank_stays() -> None:
    company = Company(mails("low", priority=1), mails("high", priority=99), brand=capped(1))
    company.introduce("a", "b")
    company.hear("a", make_event("high", company.now, id="x"))
    company.hear("b", make_event("low", company.now, id="y"))
    company.merge("a", "b")
    assert [message.journey for message in company["b"].messages.values()] == ["high"]


def test_one_that_went_out_although_it_was_taken_back_pushes_back_what_took_its_place() -> None:
    steps = [{"send": "mail"}, {"wait": "9d"}]
    world = World(mails("a", steps=steps, exit=[{"event": "stop"}]), mails("b"), brand=capped(1), reporting=False)
    world.hear(make_event("a"))
    first = world.only_message().id
    world.hear(make_event("stop", NOON + M))
    world.hear(make_event("b", NOON + 2 * M))
    told = {"channel": "email", "marketing": True}
    world.hear(make_event("message_sent", NOON + M, message=first, properties=told, received_at=NOON + 3 * M))
    assert world.known.messages == {}
    assert [id for _, _, id in world.known.sent] == [first]


# ---- bounded memory ----------------------------------------------------------------------------------------------


def test_beyond_the_budget_what_a_cap_needs_stays_and_the_oldest_of_the_rest_go() -> None:
    most = BUDGETS["sent"].most
    brand = {"caps": [{"channel": "sms", "max": 3, "per": "300d"}, {"channel": "email", "max": 1, "per": "1m"}]}
    world = World(mails(), mails("text", steps=[{"send": "hello", "channel": "sms"}]), brand=brand)
    for n in range(3):
        world.hear(make_event("text", NOON + n * M, id=f"text{n}"))
    mails_sent = tuple(("email", NOON + D + n * H, f"mail{n}") for n in range(most + 20))
    world.profile = replace(world.known, sent=(*world.known.sent, *mails_sent))
    world.hear(make_event("seen", NOON + 20 * D))
    assert len(world.known.sent) == most
    assert [channel for channel, _, _ in world.known.sent].count("sms") == 3
    world.hear(make_event("text", NOON + 30 * D, id="one-more"))
    assert world.said("not_sent") == ["frequency cap"]
