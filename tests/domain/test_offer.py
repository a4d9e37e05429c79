"""Offers as a brand writes them, and when a coupon ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.offer import Coupon, Offer, given_event, read_offers

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_an_offer_is_read_with_what_it_leaves_out() -> None:
    said = {"spring": {}, "vip": {"valid_for": "14d", "until": "2026-12-31", "fallback": "VIP5", "each": "passage"}}
    assert read_offers(Document({"offers": said})) == {
        "spring": Offer("spring", timedelta(days=30)),
        "vip": Offer("vip", timedelta(days=14), date(2026, 12, 31), "VIP5", "passage"),
    }
    assert read_offers(Document({})) == {}


@pytest.mark.parametrize(
    "offer",
    [
        {"valid_for": "0s"},
        {"valid_for": "800d"},
        {"until": "tomorrow"},
        {"until": 20261231},
        {"fallback": ""},
        {"fallback": "two words"},
        {"fallback": "x" * 65},
        {"fallback": 5},
        {"each": "day"},
        {"codes": []},
    ],
)
def test_what_is_no_offer_is_refused(offer: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read_offers(Document({"offers": {"spring": offer}}))


def test_a_coupon_ends_after_its_time_or_with_the_last_day_of_the_offer() -> None:
    offer = Offer("spring", timedelta(days=3))
    assert offer.ends_at(NOON, SEOUL) == NOON + timedelta(days=3)
    until = Offer("spring", timedelta(days=3), date(2026, 11, 23))
    assert until.ends_at(NOON, SEOUL) == datetime(2026, 11, 23, 15, tzinfo=UTC)  # midnight in Seoul


def test_a_person_has_one_code_for_all_or_one_for_each_passage() -> None:
    assert Offer("spring").key("e1") == Offer("spring").key("e2") == "spring"
    assert Offer("spring", each="passage").key("e1") == "spring#e1"


def test_a_coupon_told_twice_is_told_once() -> None:
    coupon = Coupon("spring", "A", NOON, NOON + timedelta(days=3))
    first, again = (given_event(coupon, "p1", NOON + timedelta(hours=late), "c") for late in (0, 5))
    assert first.id == again.id
    assert given_event(coupon, "p2", NOON, "c").id != first.id
    assert first.entry is not None
    assert (first.entry.kind, first.entry.id, first.entry.ends_at) == ("coupon", "A", coupon.ends_at)
