"""정보통신망법 §50⑦, ⑧, §50의8, and who is too young: what is told, asked again and declared (docs/law.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.definitions.ready import check_ready
from kairos.domain.profile import Profile
from kairos.policies.kr import POLICY, months_after
from tests.app.decide.world import World, make_event
from tests.policies.test_korean_law import BRAND, MONTH, NOON, go, mail, refused, word, world

# ---- §50⑦, ⑧ notices: what publish warns of -----------------------------------------------------------------------

NOTICE = {
    "id": "notice",
    "class": "transactional",
    "trigger": [{"event": "consent_given"}, {"event": "consent_withdrawn"}],
    "steps": [{"send": "notice"}],
}


def warned(*journeys: dict[str, Any], notice: str = "처리되었습니다", **brand: Any) -> list[str]:
    """Return what publish warns a brand of that advertises and has these journeys beside."""
    templates = [{"id": "hello", "sms": {"text": "봄 인사"}}, {"id": "notice", "sms": {"text": notice}}]
    definitions = [
        Definition("brand", "brand", {**BRAND, **brand}, "brand.yaml"),
        *(Definition("journey", each["id"], each, f"{each['id']}.yaml") for each in (mail(), *journeys)),
        *(Definition("template", str(each["id"]), each, f"{each['id']}.yaml") for each in templates),
    ]
    return [problem.message for problem in check_ready(Documents(tuple(definitions))) if problem.warning]


def test_50_7_publish_warns_a_brand_that_tells_nobody_the_result() -> None:
    told = warned()
    assert [message[:22] for message in told] == [
        "kr: 정보통신망법 §50⑦: no tr",
        "kr: 정보통신망법 §50⑦: no tr",
        "kr: 정보통신망법 §50⑧: no tr",
    ]
    assert "consent_given" in told[0]
    assert "consent_withdrawn" in told[1]


def test_50_7_a_notice_for_agreeing_is_none_for_refusing() -> None:
    (refusal, renewal) = warned({**NOTICE, "trigger": {"event": "consent_given"}})
    assert "§50⑦" in refusal
    assert "refusal" in refusal
    assert "§50⑧" in renewal


def test_50_7_a_word_that_is_heard_again_is_answered_once() -> None:
    there = World({**NOTICE, "reenter": "always", "steps": [{"send": "hello"}]}, now=NOON, consents=False, brand=BRAND)
    for late in (0, 1, 5):
        there.hear(word(NOON), at=NOON + timedelta(hours=late))
    assert len([reason for reason in there.reasons if reason.kind == "message"]) == 1


def test_50_7_a_notice_carries_no_advertising() -> None:
    (message,) = [each for each in refused("수신 동의가 처리되었습니다. 감사 쿠폰을 드려요") if "§50①" in each]
    assert "쿠폰" in message


def test_50_7_an_advertisement_is_no_notice() -> None:
    assert len(warned({**NOTICE, "class": "marketing"})) == 3


def test_50_8_publish_warns_until_some_message_asks_for_the_confirmation() -> None:
    (message,) = warned(NOTICE)
    assert message.startswith("kr: 정보통신망법 §50⑧")
    assert warned(NOTICE, notice="계속 받으시려면 {{ confirm_url }}") == []


def test_50_7_other_laws_ask_for_no_notice_and_a_brand_that_does_not_advertise_owes_none() -> None:
    assert warned(policies=["eu", "us", "mailbox"]) == []
    quiet = mail(**{"class": "transactional"})
    definitions = (
        Definition("brand", "brand", BRAND, "brand.yaml"),
        Definition("journey", "blast", quiet, "blast.yaml"),
        Definition("template", "hello", {"id": "hello", "sms": {"text": "주문이 도착했습니다"}}, "hello.yaml"),
    )
    assert check_ready(Documents(definitions)) == []


# ---- §50⑧ confirmation every two years -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "due"),
    [("2024-02-29T12:00+09:00", "2026-02-28T12:00+09:00"), ("2024-12-31T23:00+09:00", "2026-12-31T23:00+09:00")],
)
def test_50_8_two_years_are_counted_by_the_calendar(given: str, due: str) -> None:
    assert months_after(datetime.fromisoformat(given), 24) == datetime.fromisoformat(due)


def test_50_8_silence_keeps_a_consent_unless_the_brand_takes_it_for_a_no() -> None:
    two_years = datetime(2028, 3, 2, 3, tzinfo=UTC)
    ways: list[tuple[dict[str, Any], str]] = [
        ({}, "message"),
        ({"unconfirmed_consent": "stop"}, "not_sent no consent (정보통신망법 §50⑧)"),
    ]
    for brand, said in ways:
        there = world(consents=False, **brand)
        there.hear(word(NOON))
        assert go(there, two_years - timedelta(minutes=1)) == ["message"]
        assert go(there, two_years) == [said]


def test_50_8_a_confirmation_counts_for_two_years_more() -> None:
    there = world(consents=False, unconfirmed_consent="stop")
    there.hear(word(NOON))
    there.hear(word(NOON + 20 * MONTH, confirmed=True))
    assert go(there, NOON + 30 * MONTH) == ["message"]


# ---- §50의8, relays, and who is too young ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "rule"), [("lawful_goods", "kr: 정보통신망법 §50의8"), ("relay", "kr: 전송자격인증제")]
)
def test_50_8_2_publish_warns_until_the_sender_declares_what_only_the_sender_knows(missing: str, rule: str) -> None:
    told = {**NOTICE, "steps": [{"send": "notice"}]}
    sender = {key: value for key, value in BRAND["sender"].items() if key != missing}
    (message,) = warned(told, notice="{{ confirm_url }}", sender=sender)
    assert message.startswith(rule)
    assert f"sender.{missing}" in message


def test_a_relay_is_asked_for_where_text_messages_advertise() -> None:
    assert POLICY.undeclared({"sender": {"lawful_goods": True}}, {"email", "push"}) == []


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"birthday": "2012-03-03"}, "not_sent no consent (개인정보 보호법 §22의2)"),
        ({"birthday": "2012-03-02"}, "message"),
        ({"birthday": "2015-05-05T00:00:00.000Z"}, "not_sent no consent (개인정보 보호법 §22의2)"),
        ({"birthday": "2020-01-01", "guardian_consent": True}, "message"),
        ({"under_14": True}, "not_sent no consent (개인정보 보호법 §22의2)"),
        ({"birthday": "03-02"}, "message"),
    ],
)
def test_pipa_22_2_whoever_is_under_fourteen_needs_a_guardian(traits: dict[str, Any], said: str) -> None:
    there = world()
    there.hear(replace(make_event("profile_updated", NOON - timedelta(hours=1)), traits=traits))
    assert go(there, NOON) == [said]


def test_pipa_22_2_a_birthday_begins_at_midnight_in_korea() -> None:
    young = Profile("u1", NOON, traits={"birthday": "2012-03-03"})
    midnight = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert POLICY.bars(young, midnight - timedelta(seconds=1))
    assert POLICY.bars(young, midnight) is None
