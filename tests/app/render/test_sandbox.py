"""What a template may do is bounded, whoever wrote it and whatever a customer or a shop sends into it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.render.local_time import Wall
from kairos.app.render.render import CannotRender, check, partials_of, render

WALL = Wall(ZoneInfo("Asia/Seoul"), "ko", datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
PARTS = ("subject", "preheader", "text", "html")
Partials = dict[str, dict[str, str]]


def _write(source: str, part: str = "text", partials: Partials | None = None, **variables: Any) -> str:
    return render("t", {"email": {part: source}}, "email", variables, WALL, PARTS, partials or {}).parts[part]


def _refused(source: str, partials: Partials | None = None, **variables: Any) -> str:
    with pytest.raises(CannotRender) as caught:
        _write(source, partials=partials, **variables)
    return caught.value.problem


@pytest.mark.parametrize(
    "source, said",
    [
        ("{% for i in (1..10001) %}{% endfor %}", "loop iteration"),
        ("{% for i in (1..200) %}{% for j in (1..200) %}{% endfor %}{% endfor %}", "loop iteration"),
        ("{% tablerow i in (1..999999999) %}{% endtablerow %}", "loop iteration"),
        ("{% for i in (1..9000) %}{{ (1..9000) | join: '' }}{% endfor %}", "output stream"),
        ("{% assign x = 'aaaa' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}", "'append' writes"),
        ("{% assign x = 9 %}{% for i in (1..60) %}{% assign x = x | times: x %}{% endfor %}", "'times' writes"),
        ("{{ (1..999999999) | join: ',' }}", "'join' writes"),
        ("{% assign x = (1..999999999) | reverse %}", "'reverse' writes"),
        ("{{ a | replace: 'a', a | replace: 'a', a }}", "'replace' writes"),
        ("{{ a | replace: '', a }}", "'replace' writes"),
        ("{% for i in (1..10000) %}{% assign z = a | split: '' | sort | uniq %}{% endfor %}", "filters work on"),
        ("{{ " + "a[" * 2000 + "0" + "]" * 2000 + " }}", ""),
    ],
)
def test_loops_output_and_filters_are_bounded(source: str, said: str) -> None:
    assert said in _refused(source, a="a" * 5_000)


@pytest.mark.parametrize("shown", [False, True])
def test_nesting_is_bounded_where_it_is_published(shown: bool) -> None:
    deep = "{% if true %}" * 30 + "{% endif %}" * 30
    assert [problem.problem for problem in check({"email": {"subject": "s", "text": deep}})] != []
    with pytest.raises(CannotRender):
        render("t", {"email": {"text": deep}}, "email", {}, WALL, PARTS, shown=shown)


def test_one_part_has_only_so_many_loops() -> None:
    loops = "{% for i in (1..10000) %}{% endfor %}" * 51
    found = check({"email": {"subject": "s", "text": loops}})
    assert [problem.problem for problem in found] == ["has 51 loops, at most 50 are run"]


@pytest.mark.parametrize(
    "path", ["x.__class__", "x.__init__.__globals__", "x['__class__']", "x.items", "x.keys", "x.append", "x.format"]
)
@pytest.mark.parametrize("value", [{"a": 1}, "text", [1], 3.5, datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_name_reaches_no_attribute_of_python(path: str, value: Any) -> None:
    assert "no value for x" in _refused("{{ " + path + " }}", x=value)


@pytest.mark.parametrize("source", ["{% include 'a' %}", "{{ x | safe }}", "{{ x | json }}", "{% extends 'a' %}"])
def test_what_would_load_or_unescape_is_not_there(source: str) -> None:
    assert check({"email": {"subject": "s", "text": source}}) != []


# ---- what customers and shops send -----------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ brand.name }}{% for i in (1..9999) %}x{% endfor %}",
    "Ann\r\nBcc: everybody@example.com",
    "Ann\u2028Bcc: everybody@example.com\x00\x85",
    "\ud800half",
    "a" * 30_000,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_every_part(name: str) -> None:
    source = 'Hello {{ first_name }}, <a title="{{ first_name }}">see</a>'
    html = _write(source, "html", first_name=name)
    assert html.count("<") == 2
    assert html.count('"') == 2
    text = _write("{{ first_name }}", first_name=name)
    written = name.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    assert text == written  # as it is, and not read as a template
    for header in ("subject", "preheader"):
        line = _write("{{ first_name }}!", header, first_name=name)
        assert line.isprintable()
        assert len(line.splitlines()) == 1


# ---- partials --------------------------------------------------------------------------------------------------

FOOTER: Partials = {"footer": {"html": "<p>{{ brand.name }}</p>", "text": "-- {{ brand.name }}"}}


def test_a_partial_is_written_in_the_kind_of_its_part() -> None:
    assert _write("{% render 'footer' %}", partials=FOOTER, brand={"name": "A & B"}) == "-- A & B"
    assert _write("{% render 'footer' %}", "html", FOOTER, brand={"name": "A & B"}) == "<p>A &amp; B</p>"


def test_a_partial_without_html_is_written_as_text_there() -> None:
    partials = {"hours": {"text": "open < 9\n{{ until }}"}}
    assert _write("{% render 'hours' %}", "html", partials, until="<6>") == "open &lt; 9<br>\n&lt;6&gt;"


def test_a_partial_takes_values_and_is_called_for_each() -> None:
    partials = {"line": {"text": "{{ item.title }}: {{ price | money: 'KRW' }};"}}
    source = "{% for item in items %}{% render 'line', item: item, price: item.price %}{% endfor %}"
    items = [{"title": "장미", "price": 3000}, {"title": "튤립", "price": 2000}]
    assert _write(source, partials=partials, items=items) == "장미: 3,000원;튤립: 2,000원;"


def test_a_blank_of_a_partial_that_nothing_fills_says_where_it_is() -> None:
    said = _refused("{% render 'footer' %}", FOOTER)
    assert said == "in a partial that it calls, no value for brand.name; give it one or a default"


@pytest.mark.parametrize("partials", [{}, {"footer": {"html": "x"}}])
def test_a_partial_that_has_no_such_text_is_a_failure(partials: Partials) -> None:
    assert "there is no partial 'footer'" in _refused("{% render 'footer' %}", partials)


def test_partials_that_call_themselves_end() -> None:
    doubling = {"a": {"text": "{% render 'a' %}{% render 'a' %}"}}
    assert "maximum context depth" in _refused("{% render 'a' %}", doubling)
    chain = {f"p{n}": {"text": f"{{% render 'p{n + 1}' %}}" * 2} for n in range(12)} | {"p12": {"text": "x"}}
    assert "more than 200 partials" in _refused("{% render 'p0' %}", chain)


def test_the_partials_of_a_document_are_found_wherever_they_are_called() -> None:
    document = {
        "email": {"html": "{% render 'a' %}{%- render \"b\", x: 1 -%}"},
        "variants": [{"sms": {"text": "{% render 'c' %}"}}],
    }
    assert partials_of(document) == ["a", "b", "c"]
