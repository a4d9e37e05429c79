"""Which words go to whom: the first variant whose rule holds, in the customer's language, else what fits everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.render.choose import Choice, choose, partials_in, read_rule
from kairos.domain.condition import Condition, Facts, parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import Profile

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEGMENTS = {"vips": parse_condition({"trait": "tier", "eq": "vip"})}


def _choose(
    document: Mapping[str, Any],
    *,
    channel: str = "sms",
    wanted: str = "ko",
    now: datetime = NOON,
    moment: datetime | None = None,
    traits: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> Choice | None:
    segments: Mapping[str, Condition] = SEGMENTS
    facts = Facts(Profile("p1", NOON, traits=dict(traits or {})), properties or {}, now, segments, None, SEOUL)
    return choose(document, channel, wanted, "ko", facts, moment)


def _said(document: Mapping[str, Any], **around: Any) -> tuple[str, str, str] | None:
    choice = _choose(document, **around)
    return (choice.variant, choice.language, choice.parts["text"]) if choice else None


def _varied(*variants: dict[str, Any]) -> dict[str, Any]:
    each = [{"sms": {"text": f"v{number}"}} | variant for number, variant in enumerate(variants)]
    return {"sms": {"text": "all"}, "variants": each}


def test_without_variants_what_stands_in_the_template_goes() -> None:
    assert _said({"sms": {"text": "hi"}}) == ("", "ko", "hi")
    assert _said({"email": {"text": "hi"}}) is None


def test_the_first_variant_whose_rule_holds_is_taken() -> None:
    document = _varied(
        {"id": "rain", "if": {"field": "weather", "eq": "rain"}},
        {"id": "vips", "segment": ["others", "vips"]},
        {"id": "gold", "if": {"trait": "tier", "eq": "vip"}},
    )
    assert _said(document, properties={"weather": "rain"}, traits={"tier": "vip"}) == ("rain", "ko", "v0")
    assert _said(document, traits={"tier": "vip"}) == ("vips", "ko", "v1")
    assert _said(document) == ("", "ko", "all")


@pytest.mark.parametrize(
    "now, phase",
    [
        ("2026-12-24T14:59:59Z", "before"),
        ("2026-12-24T15:00:00Z", "on_the_day"),  # midnight in Seoul
        ("2026-12-25T14:59:59Z", "on_the_day"),
        ("2026-12-25T15:00:00Z", "after"),
    ],
)
def test_a_phase_is_of_the_moments_date_on_the_customers_calendar(now: str, phase: str) -> None:
    document = _varied(*({"id": one, "phase": one} for one in ("before", "on_the_day", "after")))
    moment = datetime(2026, 12, 25, 9, 30, tzinfo=UTC)
    said = _said(document, now=datetime.fromisoformat(now), moment=moment)
    assert said is not None
    assert said[0] == phase
    assert _said(document, now=datetime.fromisoformat(now)) == ("", "ko", "all")  # around nothing there is no phase


@pytest.mark.parametrize(
    "now, band",
    [
        ("2026-11-21T20:00:00Z", "early"),
        ("2026-11-22T01:59:59Z", "early"),
        ("2026-11-22T02:00:00Z", ""),
        ("2026-11-22T13:00:00Z", "late"),
        ("2026-11-22T19:59:59Z", "late"),
    ],
)
def test_a_time_band_is_of_the_customers_clock(now: str, band: str) -> None:
    document = _varied({"id": "early", "time_band": "morning"}, {"id": "late", "time_band": ["12:00-12:30", "night"]})
    said = _said(document, now=datetime.fromisoformat(now))
    assert said is not None
    assert said[0] == band


def test_all_that_a_rule_says_must_hold() -> None:
    document = _varied({"id": "both", "segment": "vips", "time_band": "midday"})
    assert _said(document, traits={"tier": "vip"}) == ("both", "ko", "v0")
    assert _said(document, traits={"tier": "vip"}, now=NOON.replace(hour=9)) == ("", "ko", "all")


def test_a_variant_without_the_channel_leaves_it_to_the_next() -> None:
    document = {
        "sms": {"text": "all"},
        "email": {"text": "all"},
        "variants": [
            {"id": "a", "segment": "vips", "email": {"text": "a"}},
            {"id": "b", "segment": "vips", "sms": {"text": "b"}},
        ],
    }
    assert _said(document, traits={"tier": "vip"}) == ("b", "ko", "b")
    assert _said(document, traits={"tier": "vip"}, channel="email") == ("a", "ko", "a")


# ---- languages -------------------------------------------------------------------------------------------------

SPOKEN = {
    "sms": {"text": "안녕"},
    "languages": {"en": {"sms": {"text": "hi"}}, "pt-br": {"sms": {"text": "oi"}}, "ja": {"email": {"text": "x"}}},
    "variants": [
        {"id": "v", "segment": "vips", "sms": {"text": "어서"}, "languages": {"en": {"sms": {"text": "welcome"}}}}
    ],
}


@pytest.mark.parametrize(
    "wanted, language, text",
    [
        ("ko", "ko", "안녕"),
        ("ko-KR", "ko", "안녕"),
        ("en", "en", "hi"),
        ("en_GB", "en", "hi"),
        ("pt-BR", "pt-br", "oi"),
        ("pt", "ko", "안녕"),  # European Portuguese is not Brazil's
        ("ja", "ko", "안녕"),  # has no such channel in that language
        ("", "ko", "안녕"),
        ("x" * 500, "ko", "안녕"),
    ],
)
def test_the_customers_language_falls_back_to_the_templates(wanted: str, language: str, text: str) -> None:
    assert _said(SPOKEN, wanted=wanted) == ("", language, text)


def test_language_goes_before_rule() -> None:
    vip = {"tier": "vip"}
    assert _said(SPOKEN, wanted="en", traits=vip) == ("v", "en", "welcome")
    assert _said(SPOKEN, wanted="pt-BR", traits=vip) == ("", "pt-br", "oi")
    assert _said(SPOKEN, wanted="fr", traits=vip) == ("v", "ko", "어서")


def test_a_template_says_the_language_that_it_is_written_in() -> None:
    document = {"language": "en", "sms": {"text": "hi"}, "languages": {"ko": {"sms": {"text": "안녕"}}}}
    assert _said(document, wanted="ko") == ("", "ko", "안녕")
    assert _said(document, wanted="de") == ("", "en", "hi")


def test_partials_speak_the_language_of_the_message_where_they_can() -> None:
    partials: dict[str, dict[str, Any]] = {
        "footer": {"partial": {"text": "끝"}, "languages": {"en": {"partial": {"text": "end"}}, "fr": {}}},
        "hours": {"partial": {"text": "9시"}},
    }
    assert partials_in(partials, "en", "ko") == {"footer": {"text": "end"}, "hours": {"text": "9시"}}
    assert partials_in(partials, "fr", "ko") == {"footer": {"text": "끝"}, "hours": {"text": "9시"}}


# ---- the record ------------------------------------------------------------------------------------------------


def test_other_words_have_another_name_and_the_same_words_the_same() -> None:
    one, same, other = (Choice({"text": text}, "ko", variant) for text, variant in (("a", ""), ("a", "x"), ("b", "x")))
    assert one.content == same.content != other.content


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"phase": "during"},
        {"time_band": "noonish"},
        {"segment": 5},
        {"if": {"weather": "rain"}},
        {"phase": [["a"]]},
    ],
)
def test_a_rule_that_is_none_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read_rule(Document({"id": "v", **rule}))
