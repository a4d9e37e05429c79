"""정보통신망법 §50, paragraph by paragraph, in front of production `decide` and publish. docs/law.md names them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.definitions.ready import check_ready
from kairos.domain.event import ConsentFact, Event
from tests.app.decide.world import World, make_event

BRAND: dict[str, Any] = {
    "name": "봄날 상점",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "policies": ["kr"],
    "sender": {
        "name": "봄날 상점",
        "email": "a@example.com",
        "contact": "02-000-0000",
        "opt_out": "080-000-0000",
        "relay": "제2026-0000호",
        "lawful_goods": True,
    },
}
NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)
"""Noon in Seoul."""
MONTH = timedelta(days=31)


def mail(channel: str = "sms", **more: Any) -> dict[str, Any]:
    return {
        "id": "blast",
        "class": "marketing",
        "trigger": {"event": "go"},
        "reenter": "always",
        "steps": [{"send": "hello", "channel": channel}],
        **more,
    }


def word(at: datetime, name: str = "consent_given", channel: str = "sms", **fact: Any) -> Event:
    said = ConsentFact(channel, fact.pop("purpose", "marketing"), **fact)
    return make_event(name, at, id=f"{name}/{channel}/{said.purpose}@{at}", consent=said)


def go(world: World, at: datetime) -> list[str]:
    """Let the advertisement become due, and return what was said of it."""
    before = len(world.reasons)
    world.hear(make_event("go", at), at=at)
    told = [r for r in world.reasons[before:] if r.kind in ("message", "held", "not_sent")]
    return [f"{reason.kind} {reason.reason}".strip() for reason in told]


def world(channel: str = "sms", *, now: datetime = NOON, consents: bool = True, **brand: Any) -> World:
    return World(mail(channel), now=now, consents=consents, brand={**BRAND, **brand})


# ---- §50① prior consent, and the exception of the decree ------------------------------------------------------


def test_50_1_without_prior_consent_nothing_is_sent() -> None:
    assert go(world(consents=False), NOON) == ["not_sent no consent (정보통신망법 §50①)"]


def test_50_1_consent_is_given_for_each_channel() -> None:
    there = world(consents=False)
    there.hear(word(NOON, channel="email"))
    assert go(there, NOON + timedelta(hours=1)) == ["not_sent no consent (정보통신망법 §50①)"]


def test_50_1_consent_that_has_ended_is_none() -> None:
    there = world(consents=False)
    there.hear(word(NOON, expires_at=NOON + timedelta(hours=2)))
    assert go(there, NOON + timedelta(hours=1)) == ["message"]
    assert go(there, NOON + timedelta(hours=2)) == ["not_sent no consent (expired, 정보통신망법 §50①)"]


def test_decree_61_1_a_sale_bears_advertising_for_six_months_where_the_brand_relies_on_it() -> None:
    there = world(consents=False, existing_customers=["sms"])
    there.hear(word(NOON, basis="existing_customer"))
    end = datetime(2026, 9, 2, 3, tzinfo=UTC)
    assert go(there, end - timedelta(minutes=1)) == ["message"]
    assert go(there, end) == ["not_sent no consent (정보통신망법 시행령 §61①)"]


def test_decree_61_1_the_exception_is_off_unless_the_brand_says_otherwise() -> None:
    there = world(consents=False)
    there.hear(word(NOON, basis="existing_customer"))
    assert go(there, NOON + timedelta(hours=1)) == [
        "not_sent no consent (the brand does not rely on sales here, 정보통신망법 §50①)"
    ]


def test_double_opt_in_waits_for_the_confirmation() -> None:
    there = world(consents=False, double_opt_in=["sms"])
    there.hear(word(NOON))
    assert go(there, NOON + timedelta(hours=1)) == ["not_sent no consent (not confirmed, 정보통신망법 §50①)"]
    there.hear(word(NOON + timedelta(hours=2), confirmed=True))
    assert go(there, NOON + timedelta(hours=3)) == ["message"]


# ---- §50② stop on refusal --------------------------------------------------------------------------------------


def test_50_2_a_refusal_takes_back_what_is_held() -> None:
    night = NOON + timedelta(hours=10)
    there = world(now=night - timedelta(hours=1))
    assert go(there, night) == ["held quiet hours (정보통신망법 §50③)"]
    there.hear(word(night + timedelta(hours=1), "consent_withdrawn"))
    assert there.said("not_sent") == ["no consent (정보통신망법 §50①)"]


def test_50_2_a_sale_after_a_refusal_permits_nothing() -> None:
    there = world(existing_customers=["sms"])
    there.hear(word(NOON, "consent_withdrawn"))
    there.hear(word(NOON + timedelta(hours=1), basis="existing_customer"))
    assert go(there, NOON + timedelta(hours=2)) == ["not_sent no consent (정보통신망법 §50①)"]


# ---- §50③ the night ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ("20:59:59", "message"),
        ("21:00:00", "held quiet hours (정보통신망법 §50③)"),
        ("07:59:59", "held quiet hours (정보통신망법 §50③)"),
        ("08:00:00", "message"),
    ],
)
def test_50_3_the_night_is_closed_to_text_messages(clock: str, said: str) -> None:
    at = datetime.fromisoformat(f"2026-03-03T{clock}+09:00").astimezone(UTC)
    assert go(world(now=at), at) == [said]


def test_50_3_what_the_night_outlasts_is_dropped_and_says_so() -> None:
    night = NOON + timedelta(hours=10)
    there = World(
        mail(steps=[{"send": "hello", "channel": "sms", "expires": "6h"}]), now=night, consents=True, brand=BRAND
    )
    assert go(there, night) == ["not_sent quiet hours (정보통신망법 §50③) until after it expires"]


def test_50_3_decree_61_2_email_has_no_night() -> None:
    at = datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert go(world("email", now=at), at) == ["message"]


def test_50_3_a_separate_consent_opens_the_night_and_its_withdrawal_closes_it() -> None:
    night = NOON + timedelta(hours=10)
    there = world()
    there.hear(word(NOON, purpose="night"))
    assert go(there, night) == ["message"]
    there.hear(word(night + timedelta(minutes=1), "consent_withdrawn", purpose="night"))
    assert go(there, night + timedelta(minutes=2)) == ["held quiet hours (정보통신망법 §50③)"]


def test_50_3_a_consent_to_the_night_is_none_to_advertising() -> None:
    there = world(consents=False)
    there.hear(word(NOON, purpose="night"))
    assert go(there, NOON + timedelta(hours=10)) == ["not_sent no consent (정보통신망법 §50①)"]


# ---- §50④, ⑤ label, sender, evasion: what publish refuses ----------------------------------------------------------


def refused(text: str, *, marketing: bool = False, brand: dict[str, Any] = BRAND, **template: Any) -> list[str]:
    """Return what publish says of a brand that sends this text message."""
    journey = mail(**{"class": "marketing" if marketing else "transactional"})
    definitions = (
        Definition("brand", "brand", brand, "brand.yaml"),
        Definition("journey", "blast", journey, "blast.yaml"),
        Definition("template", "hello", {"id": "hello", "sms": {"text": text}, **template}, "hello.yaml"),
    )
    return [problem.message for problem in check_ready(Documents(definitions)) if not problem.warning]


@pytest.mark.parametrize("missing", ["contact", "opt_out"])
def test_50_4_a_brand_without_sender_data_is_not_published(missing: str) -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], missing: ""}}
    (message,) = refused("봄 인사", marketing=True, brand=brand)
    assert "정보통신망법 §50④" in message
    assert f"brand.sender.{missing}" in message


@pytest.mark.parametrize("label", ["(광 고)", "[광고]", "\u200b(광고)", "(광\u200b고)", "【광.고】"])
def test_50_5_a_label_written_to_escape_filters_is_refused(label: str) -> None:
    law, *others = refused(f"{label} 봄 세일", marketing=True)
    assert law.startswith("kr: 정보통신망법 §50⑤")
    assert all("U+200B" in other for other in others), "what no network carries is refused besides"


def test_50_5_the_label_itself_and_none_are_both_fine() -> None:
    assert refused("(광고) 봄 세일", marketing=True) == refused("봄 세일", marketing=True) == []


@pytest.mark.parametrize("text", ["주문 완료! 다음 주문 20% 할인", "(광고) 주문 완료", "배송 시작. 쿠폰을 드려요"])
def test_50_1_an_advertisement_in_a_transactional_message_is_refused(text: str) -> None:
    messages = refused(text)
    assert messages
    assert all("정보통신망법 §50①" in message and "advertising: false" in message for message in messages)


def test_50_1_an_author_who_knows_better_says_so() -> None:
    assert refused("주문하신 할인 티켓이 도착했습니다", advertising=False) == []
    assert refused("주문이 도착했습니다") == []


def test_words_inside_blanks_and_markup_are_not_read() -> None:
    assert refused("{% if coupon %}주문{% endif %} {{ discount }}원이 접수되었습니다") == []


def test_consents_of_a_profile_are_not_those_of_another_purpose() -> None:
    there = world(consents=False)
    there.hear(word(NOON, purpose="research"))
    assert go(there, NOON + timedelta(hours=1)) == ["not_sent no consent (정보통신망법 §50①)"]
