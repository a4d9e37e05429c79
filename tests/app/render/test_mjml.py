"""MJML is compiled once, when a template is published, and Liquid comes out of it as it went in."""

from __future__ import annotations

import re

import pytest

from kairos.app.render.mjml import CannotCompile, check_mjml, compile_mjml, html_key, with_html

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def _mail(*inside: str) -> str:
    return f"<mjml><mj-body>{''.join(inside)}</mj-body></mjml>"


def _column(*inside: str) -> str:
    return f"<mj-section><mj-column>{''.join(inside)}</mj-column></mj-section>"


def test_rows_and_columns_become_tables_that_mail_programs_show() -> None:
    html = compile_mjml(_mail(_column("<mj-text>Hello</mj-text>")))
    assert html.startswith("<!doctype html>")
    assert 'role="presentation"' in html
    assert "<!--[if mso | IE]>" in html
    assert "@media only screen" in html
    assert "<mj-" not in html


def test_liquid_survives_wherever_it_may_stand() -> None:
    source = _mail(
        "<mj-raw>{% for item in cart.items %}</mj-raw>",
        _column(
            '<mj-image src="{{ item.image | default: \'https://example.com/none.png\' }}" width="120px" />',
            '<mj-text>{% if a < b and c > d %}{{ item.title | josa: "을/를" }}{% endif %} &amp; more</mj-text>',
            '<mj-button href="{{ item.url }}">{{ item.price | money }}</mj-button>',
        ),
        "<mj-raw>{% endfor %}</mj-raw>",
        _column("<mj-text>{% raw %}{{ not a blank }}{% endraw %}</mj-text>"),
    )
    html = compile_mjml(source)
    assert LIQUID.findall(html) == LIQUID.findall(source)
    assert "KAIROS" not in html


def test_a_blank_that_would_be_lost_or_moved_is_told_with_its_line() -> None:
    twice = "<mjml><mj-head><mj-title>\n{% if x %}a{% endif %}</mj-title></mj-head><mj-body></mj-body></mjml>"
    assert check_mjml(twice) == ("line 2 of the text: {% endif %} would move or repeat: put it into a text or <mj-raw>")
    hidden = _mail("\n<mj-section {{ attributes }}></mj-section>")
    assert "line 2" in (check_mjml(hidden) or "no MJML")


@pytest.mark.parametrize(
    "source, said",
    [
        ("hello", "no sound MJML"),
        (_mail("<mj-section>"), "no sound MJML"),
        (_mail("<mj-tabel></mj-tabel>"), "there is no <mj-tabel>"),
        (_mail("<mj-include path='/etc/passwd' />"), "there is no <mj-include>"),
        (_mail("<mj-wrapper>" * 5_000), "nests more than 30 deep"),
        (_mail(_column("<mj-text>" + "<b>" * 5_000 + "</mj-text>")), "nests more than 30 deep"),
        (_mail(_column("<mj-spacer />" * 5_000)), "more than 2000 elements"),
        (_mail("KAIROS7BLANK"), "a mark of the compiler's own"),
    ],
)
def test_what_is_no_sound_mjml_is_refused_and_nothing_crashes(source: str, said: str) -> None:
    with pytest.raises(CannotCompile, match=said):
        compile_mjml(source)


def test_the_parts_of_a_message_get_html_in_the_place_of_mjml() -> None:
    source = _mail(_column("<mj-text>Hello</mj-text>"))
    parts = {"subject": "s", "mjml": source}
    assert with_html(parts)["html"] == compile_mjml(source)
    assert with_html(parts, {html_key(source): "<p>kept</p>"}) == {"subject": "s", "html": "<p>kept</p>"}
    assert with_html({"text": "x"}, {}) == {"text": "x"}
