"""Korea's law pack: the label, the sender, the free opt-out and the night, as annex 6 of the decree asks for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos import registry
from kairos.domain.profile import Profile
from kairos.policies._korean_label import LABEL
from kairos.policies.kr import POLICY
from kairos.registry import Policy, Rendered

URL = "https://example.com/u/abc"
ANN = Profile("u1", datetime(2026, 11, 22, tzinfo=UTC))
BRAND: dict[str, Any] = {
    "name": "봄날 상점",
    "sender": {
        "name": "봄날 상점",
        "email": "hello@example.com",
        "contact": "02-000-0000",
        "opt_out": "080-000-0000",
    },
}


def _email(**parts: str) -> Rendered:
    return Rendered({"subject": "봄 세일", "text": "안녕하세요", "html": "<p>안녕하세요</p>", **parts})


def _applied(rendered: Rendered, channel: str, brand: dict[str, Any] = BRAND, url: str | None = URL) -> Rendered:
    return POLICY.apply(rendered, channel, True, brand, url)


def test_the_pack_is_found_by_its_file_name() -> None:
    found: Policy = registry.load("policies", "kr")
    assert found is POLICY
    assert found.name == "kr"


@pytest.mark.parametrize("channel", ["sms", "push", "kakao"])
def test_the_night_is_closed_to_what_rings_a_phone(channel: str) -> None:
    assert [(str(night.closing), night.rule) for night in POLICY.nights(ANN, channel)] == [
        ("21:00-08:00", "정보통신망법 §50③")
    ]


def test_the_night_is_open_to_email() -> None:
    assert POLICY.nights(ANN, "email") == ()


def test_a_text_starts_with_the_label_and_ends_with_the_free_opt_out() -> None:
    text = _applied(Rendered({"text": "오늘만 10% 할인"}), "sms").parts["text"]
    assert text == "(광고)봄날 상점 02-000-0000\n오늘만 10% 할인\n무료수신거부 080-000-0000"


def test_a_brand_may_write_its_own_refusal_line() -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], "opt_out": "무료거부 080-111-1111 수신거부"}}
    rendered = _applied(Rendered({"text": "할인"}), "sms", brand)
    assert rendered.parts["text"].endswith("\n무료거부 080-111-1111 수신거부")
    assert POLICY.lacks(rendered, "sms", True, brand) is None


def test_a_subject_starts_with_exactly_the_label() -> None:
    assert _applied(_email(), "email").parts["subject"] == "(광고) 봄 세일"


@pytest.mark.parametrize(
    "written",
    [
        "(광고)봄 세일",
        "(광 고) 봄 세일",
        "[광고] 봄 세일",
        "\u200b(광고) 봄 세일",
        "(광\u200b고)봄 세일",
        "【광.고】봄 세일",
    ],
)
def test_a_variant_of_the_label_is_replaced_by_the_label(written: str) -> None:
    assert _applied(_email(subject=written), "email").parts["subject"] == "(광고) 봄 세일"


def test_both_bodies_of_an_email_name_the_sender_and_link_the_opt_out_in_both_languages() -> None:
    parts = _applied(_email(html="<html><body><p>안녕</p></body></html>"), "email").parts
    for part in ("text", "html"):
        for shown in ("봄날 상점", "02-000-0000", "수신거부", "unsubscribe", URL):
            assert shown in parts[part], (part, shown)
    assert parts["html"].endswith("</div></body></html>")


def test_the_senders_name_is_escaped_in_html() -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], "name": "<b>A & B</b>"}}
    rendered = _applied(_email(), "email", brand)
    assert "<b>A" not in rendered.parts["html"]
    assert POLICY.lacks(rendered, "email", True, brand) is None


@pytest.mark.parametrize("channel", ["sms", "email", "push"])
def test_applying_twice_adds_nothing(channel: str) -> None:
    rendered = _email() if channel == "email" else Rendered({"text": "할인"})
    once = _applied(rendered, channel)
    assert _applied(once, channel) == once
    assert POLICY.lacks(once, channel, True, BRAND) is None


@pytest.mark.parametrize("channel", ["sms", "email", "push"])
def test_a_transactional_message_passes_unchanged(channel: str) -> None:
    rendered = _email()
    assert POLICY.apply(rendered, channel, False, BRAND, URL) is rendered
    assert POLICY.lacks(rendered, channel, False, {}) is None


@pytest.mark.parametrize("channel", ["sms", "email", "push"])
def test_advertising_that_nobody_labelled_lacks_something(channel: str) -> None:
    rendered = _email() if channel == "email" else Rendered({"text": "할인"})
    assert POLICY.lacks(rendered, channel, True, BRAND)


def test_a_label_anywhere_but_at_the_start_is_no_label() -> None:
    labelled = _applied(Rendered({"text": "할인"}), "sms").parts["text"]
    assert "label" in str(POLICY.lacks(Rendered({"text": f" {labelled}"}), "sms", True, BRAND))
    assert "label" in str(POLICY.lacks(Rendered({"text": labelled.replace(LABEL, "[광고]")}), "sms", True, BRAND))


@pytest.mark.parametrize("missing", ["contact", "opt_out"])
def test_a_brand_without_what_the_law_asks_for_cannot_advertise_by_text(missing: str) -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], missing: ""}}
    rendered = _applied(Rendered({"text": "할인"}), "sms", brand)
    assert missing.split("_")[0] in str(POLICY.lacks(rendered, "sms", True, brand))


def test_a_brand_without_any_sender_cannot_advertise() -> None:
    assert "name" in str(POLICY.lacks(_email(), "email", True, {}))


def test_a_link_does_not_replace_the_free_number_of_a_text_message() -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], "opt_out": ""}}
    rendered = Rendered({"text": f"(광고)봄날 상점 02-000-0000\n할인\n무료수신거부 {URL}"})
    assert POLICY.lacks(rendered, "sms", True, brand)
    assert POLICY.lacks(rendered, "push", True, brand) is None


def test_an_email_without_a_link_to_refuse_by_is_not_sent() -> None:
    shop = '<p>봄날 상점 02-000-0000 수신거부</p><a href="https://example.com/">shop</a>'
    rendered = _applied(_email(html=shop), "email", url=None)
    assert "opt-out" in str(POLICY.lacks(rendered, "email", True, BRAND))


def test_the_title_of_a_push_message_is_labelled_too() -> None:
    rendered = _applied(Rendered({"title": "봄 세일", "text": "할인"}), "push")
    assert rendered.parts["title"].startswith(LABEL)
    bare = Rendered({**rendered.parts, "title": "봄 세일"})
    assert "label" in str(POLICY.lacks(bare, "push", True, BRAND))


def test_what_a_visitor_sees_on_the_shops_own_pages_is_not_sent_to_them_and_carries_no_label() -> None:
    shown = Rendered({"title": "Sale", "text": "Today"})
    assert POLICY.apply(shown, "web", True, {}, URL) == shown
    assert POLICY.lacks(shown, "web", True, {}) is None
