"""The filters of our own, as a template uses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.render.local_time import Wall
from kairos.app.render.render import CannotRender, render

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
KO = Wall(ZoneInfo("Asia/Seoul"), "ko", NOW, "KRW")
EN = Wall(ZoneInfo("America/New_York"), "en", NOW, "USD")


def _write(source: str, wall: Wall = KO, part: str = "text", **variables: Any) -> str:
    return render("t", {"email": {part: source}}, "email", variables, wall, ("text", "html")).parts[part]


def test_money_is_written_in_the_currency_of_the_brand_or_of_the_blank() -> None:
    assert _write("{{ total | money }}", total=12900) == "12,900원"
    assert _write("{{ total | money }}", EN, total="12.9") == "$12.90"
    assert _write("{{ total | money: currency }}", total=12.9, currency="EUR") == "€12.90"


def test_a_particle_follows_the_value_and_its_default() -> None:
    assert (
        _write("{{ name | josa: '을/를' }} {{ gone | default: '상품' | josa: '이/가' }}", name="우유")
        == "우유를 상품이"
    )
    assert _write("{{ total | money | josa: '이에요/예요' }}", total=3000) == "3,000원이에요"


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["봄이"]])
def test_somebody_without_a_name_is_addressed_all_the_same(name: Any) -> None:
    assert _write("{{ first_name | honorific }}", first_name=name) == "고객님"
    assert _write("Hello {{ first_name | honorific }},", EN, first_name=name) == "Hello there,"
    assert _write("{{ first_name | honorific: '회원님' }}", first_name=name) == "회원님"


def test_a_name_gets_its_honorific_once() -> None:
    assert _write("{{ n | honorific }}, {{ m | honorific }}", n="봄이", m="여름님") == "봄이님, 여름님"
    assert _write("{{ n | honorific }}", EN, n="Ann") == "Ann"


def test_a_moment_is_written_as_the_language_does() -> None:
    source = "{{ at | local: 'day' }}|{{ at | local: 'time' }}|{{ at | local: 'moment' }}"
    assert _write(source, at="2026-11-22T05:05:00Z") == "11월 22일(일)|오후 2:05|11월 22일(일) 오후 2:05"
    english = replace(EN, zone=ZoneInfo("Europe/London"))
    assert _write(source, english, at="2026-11-22T05:05:00Z") == (
        "Sunday, November 22|5:05 AM|Sunday, November 22 at 5:05 AM"
    )


@pytest.mark.parametrize("filter", ["money", "josa: '은/는'", "local"])
def test_what_nothing_fills_is_still_a_failure_behind_a_filter(filter: str) -> None:
    with pytest.raises(CannotRender, match="no value for gone"):
        _write(f"{{{{ gone | {filter} }}}}")


@pytest.mark.parametrize(
    "source, said",
    [
        ("{{ v | money }}", "the value is no amount"),
        ("{{ 3 | money: 'won' | money: 'wons' }}", "three letters"),
        ("{{ v | josa: '은는' }}", "no particle is written"),
        ("{{ v | local }}", "the value is no time"),
    ],
)
def test_a_failure_says_what_would_be_right_and_quotes_no_value(source: str, said: str) -> None:
    with pytest.raises(CannotRender, match=said) as caught:
        _write(source, v="Ann Example")
    assert "Ann" not in str(caught.value)


def test_markup_in_a_name_stays_escaped_behind_every_filter() -> None:
    source = "{{ n | josa: '은/는' }}{{ n | honorific }}{{ n | upcase }}{{ n | append: n }}"
    assert "<" not in _write(source, part="html", n="<script>x</script>")
    assert _write("{{ n | josa: '은/는' }}", n="<b>봄") == "<b>봄은"  # a text has no markup to escape
