"""Templates: what fills their blanks, what is a failure, what cannot get into a message, and how times are written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from kairos.app.definitions.template import check_template
from kairos.app.render.blanks import contact_refs, fill_blanks
from kairos.app.render.local_time import Wall
from kairos.app.render.plain_text import plain_text
from kairos.app.render.render import CannotRender, check, render, variables_of
from kairos.domain.profile import Enrollment, Entry, Message, Profile

EMAIL = ("subject", "preheader", "text", "html")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEOUL = Wall(ZoneInfo("Asia/Seoul"), "ko", NOW)
NEW_YORK = Wall(ZoneInfo("America/New_York"), "en", NOW)


def _render(part: str, source: str, wall: Wall = SEOUL, **variables: Any) -> str:
    return render("hello", {"email": {part: source}}, "email", variables, wall, EMAIL).parts[part]


def _text(source: str, wall: Wall = SEOUL, **variables: Any) -> str:
    return _render("text", source, wall, **variables)


def _failure(source: str, part: str = "text", **variables: Any) -> str:
    with pytest.raises(CannotRender) as caught:
        _render(part, source, **variables)
    return str(caught.value)


# ---- blanks ----------------------------------------------------------------------------------------------------


def test_a_blank_is_filled() -> None:
    assert _text("{{ first_name }}님", first_name="봄이") == "봄이님"


def test_a_default_fills_what_nothing_else_does() -> None:
    assert _text("{{ first_name | default: '고객' }}님") == "고객님"
    assert _text("{{ first_name | default: '고객' }}님", first_name=None) == "고객님"
    assert _text("{{ event.coupon.code | default: '-' }}", event={}) == "-"
    assert _text("{{ at | local: '%H:%M' | default: 'soon' }}") == "soon"


@pytest.mark.parametrize("name", ["first_name", "event.total", "event.items[0].name", "entry.starts_at"])
def test_a_blank_that_nothing_fills_is_a_failure_naming_template_part_and_variable(name: str) -> None:
    said = _failure(f"first line\n{{{{ {name} }}}}", event={"items": []}, entry={})
    assert said == f"template hello, email.text, line 2: no value for {name}; give it one or a default"


@pytest.mark.parametrize(
    "use", ["{{ x | upcase }}", "{{ 'a' | append: x }}", "{% for i in x %}{% endfor %}", "{{ x.y }}"]
)
def test_a_missing_value_does_not_hide_in_a_filter_or_a_loop(use: str) -> None:
    assert "no value for x" in _failure(use)


def test_a_null_is_missing() -> None:
    assert "no value for first_name" in _failure("{{ first_name }}", first_name=None)


def test_a_template_may_ask_whether_there_is_a_value() -> None:
    source = "{% if coupon %}{{ coupon }}{% else %}no coupon{% endif %}"
    assert _text(source) == "no coupon"
    assert _text(source, coupon="SPRING") == "SPRING"


def test_a_failure_quotes_no_value_of_a_customer() -> None:
    said = _failure("{{ name | divided_by: zero }} {{ name | local }}", name="Ann Example", zero=0)
    assert "Ann" not in said
    assert "Ann" not in _failure("{{ name | local }}", name="Ann Example")


# ---- what cannot get in ----------------------------------------------------------------------------------------


def test_markup_in_a_name_is_escaped_in_html_and_plain_elsewhere() -> None:
    name = "<script>alert('x')</script> & \"Co\""
    html = _render("html", '<a title="{{ name }}">{{ name }}</a>', name=name)
    assert "<script" not in html
    assert '"Co"' not in html
    assert _text("{{ name }}", name=name) == name


def test_no_filter_lets_a_value_through_unescaped() -> None:
    assert "unknown filter 'safe'" in _failure("{{ name | safe }}", "html", name="<b>")
    for source in ("{% capture x %}{{ name }}{% endcapture %}{{ x }}", "{% assign x = name %}{{ x }}"):
        assert _render("html", source, name="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize("part", ["subject", "preheader"])
@pytest.mark.parametrize("gap", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_a_header_part_cannot_hold_a_line_break(part: str, gap: str) -> None:
    assert _render(part, "Hi {{ name }}", name=f"Ann{gap}Bcc: eve@example.com") == "Hi Ann Bcc: eve@example.com"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000) %}x{% endfor %}",
        "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..9999) %}{{ long }}{% endfor %}",
        "{% assign x = long %}{% for i in (1..30) %}{% assign x = x | append: x %}{% endfor %}",
        "{% if 1 %}" * 40 + "{% endif %}" * 40,
        "{% include 'other' %}",
        "{% render 'other' %}",
    ],
)
def test_a_template_cannot_loop_grow_nest_or_load_without_bounds(source: str) -> None:
    _failure(source, long="x" * 1_000)


@pytest.mark.parametrize("name", ["name.__class__", "wall.now", "self", "name.__init__.__globals__"])
def test_nothing_of_python_can_be_reached(name: str) -> None:
    assert "no value for" in _failure(f"{{{{ {name} }}}}", name="Ann")


def test_half_a_character_from_a_broken_payload_does_not_break_the_message() -> None:
    assert _text("{{ event.name }}!", event={"name": "\ud83d"}) == "?!"


def test_a_channel_that_the_template_lacks_is_a_failure() -> None:
    with pytest.raises(CannotRender, match="no such channel"):
        render("hello", {"email": {"text": "a"}}, "sms", {}, SEOUL, ("text",))


def test_parts_that_the_channel_does_not_know_are_left_alone() -> None:
    document = {"sms": {"text": "a", "html": "{{ broken"}}
    assert render("hello", document, "sms", {}, SEOUL, ("text",)).parts == {"text": "a"}


# ---- times -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "form", "written"),
    [
        (SEOUL, "%-m월 %-d일 (%a) %p %-I:%M", "11월 22일 (일) 오후 2:05"),
        (SEOUL, "%Y-%m-%d %H:%M:%S", "2026-11-22 14:05:00"),
        (NEW_YORK, "%A, %B %-d at %-I:%M %p", "Sunday, November 22 at 12:05 AM"),
        (NEW_YORK, "%a %b %d %y %j %u 100%%", "Sun Nov 22 26 326 7 100%"),
    ],
)
def test_a_time_is_written_on_the_customers_clock_in_the_brands_language(wall: Wall, form: str, written: str) -> None:
    at = datetime(2026, 11, 22, 5, 5, tzinfo=UTC)
    for value in (at, "2026-11-22T05:05:00Z", "2026-11-22T14:05:00+09:00"):
        assert _text(f"{{{{ at | local: '{form}' }}}}", wall, at=value) == written
        assert _text(f"{{{{ at | date: '{form}' }}}}", wall, at=value) == written


def test_a_date_is_the_same_day_in_every_zone() -> None:
    for value in ("2026-12-24", date(2026, 12, 24)):
        assert _text("{{ day | date: '%Y-%m-%d' }}", NEW_YORK, day=value) == "2026-12-24"


def test_now_is_the_moment_of_sending() -> None:
    assert _text("{{ 'now' | date: '%Y-%m-%d %H:%M' }}") == "2026-11-22 12:00"


@pytest.mark.parametrize("form", ["%Q", "%-", "%", "%5d", "%-A"])
def test_a_directive_that_is_not_known_is_a_failure_that_lists_those_that_are(form: str) -> None:
    assert "there are: %Y" in _failure(f"{{{{ 'now' | local: '{form}' }}}}")


@pytest.mark.parametrize("value", ["soon", 5, [], {}, True, "2026-13-01", "9999-99-99T00:00:00Z"])
def test_what_is_no_time_is_a_failure(value: object) -> None:
    assert "the value is no time" in _failure("{{ at | local: '%H' }}", at=value)


# ---- plain text ------------------------------------------------------------------------------------------------


def test_an_email_with_html_alone_gets_its_plain_text() -> None:
    document = {
        "email": {"subject": "a", "html": "<h1>Hi {{ name }}</h1><p>See <a href='https://example.com/'>us</a></p>"}
    }
    parts = render("hello", document, "email", {"name": "A & B"}, SEOUL, EMAIL).parts
    assert parts["text"] == "Hi A & B\n\nSee us (https://example.com/)\n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<style>p{}</style><script>x</script><p>a<br>b</p>", "a\nb\n"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two\n"),
        ("<p>a   b\n c</p>", "a b c\n"),
        ("<a href='https://example.com'>https://example.com</a>", "https://example.com\n"),
        ("<a href='#top'>top</a>", "top\n"),
        ("<img alt='a rose'><a href='https://example.com/x'><img></a>", "a rosehttps://example.com/x\n"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b\n"),
        ("a &lt;b&gt; &amp; c", "a <b> & c\n"),
        ("<p>unclosed <a href='x'>link", "unclosed link\n"),
        ("", "\n"),
    ],
)
def test_plain_text_is_what_a_reader_sees(html: str, text: str) -> None:
    assert plain_text(html) == text


# ---- for authors -----------------------------------------------------------------------------------------------


def test_check_names_the_part_and_line_of_every_mistake() -> None:
    found = check(
        {"email": {"subject": "{{ a", "text": "one\n\n{% if %}", "html": "\n{{ a | nope }}"}, "sms": {"text": 4}}
    )
    assert [(problem.channel, problem.part, problem.line) for problem in found] == [
        ("email", "subject", 1),
        ("email", "text", 3),
        ("email", "html", 2),
        ("sms", "text", 1),
    ]
    assert "unknown filter 'nope'" in found[2].problem


def test_check_wants_a_body_of_an_email() -> None:
    [found] = check({"email": {"subject": "a", "preheader": "b"}})
    assert (found.part, found.problem) == ("text", "write a text, or an html part from which one is made")


def test_check_finds_nothing_wrong_with_a_good_template() -> None:
    assert check({"email": {"subject": "a", "html": "b"}, "sms": {"text": "c"}}) == []
    assert check({"email": {"subject": "{{ a | default: 'b' }}", "text": "{{ at | local: '%H' }}"}}) == []


def test_the_blanks_of_a_template_can_be_listed() -> None:
    document = {
        "email": {"subject": "{{ entry.starts_at }}", "text": "{% if vip %}{{ event.items[0].name }}{% endif %}{{"}
    }
    assert variables_of(document) == ["entry.starts_at"]
    document["email"]["text"] = "{% if vip %}{% for i in items %}{{ i.name }}{% endfor %}{% endif %}"
    assert variables_of(document) == ["entry.starts_at", "items", "vip"]


def test_a_preview_shows_the_names_of_empty_blanks() -> None:
    document = {"email": {"subject": "{{ first_name }}, {{ x | default: 'd' }}", "text": "{{ at | local: '%H' }}"}}
    shown = render("hello", document, "email", {}, SEOUL, EMAIL, shown=True).parts
    assert shown == {"subject": "[first_name], d", "text": "[at]"}


# ---- where values come from ------------------------------------------------------------------------------------


def _profile() -> tuple[Profile, Message]:
    enrollment = Enrollment(
        "e", "care", 1, "b2", NOW, NOW, properties={"total": 3, "name": "cart"}, entry=("booking", "b2")
    )
    starts = datetime(2026, 12, 1, 1, tzinfo=UTC)
    entry = Entry("booking", "b2", starts, None, {"service": "cut"}, NOW, former=("b1",))
    profile = Profile("p", NOW, traits={"tier": "vip", "total": 1})
    profile.enrollments["e"] = enrollment
    profile.entries[entry.key] = entry
    message = Message("m", "e", "care", 1, "s", "b2", "hello", "email", False, NOW, NOW, "asked")
    return profile, message


def test_contacts_are_fetched_for_the_person_the_subject_and_every_id_of_the_entry() -> None:
    assert contact_refs(*_profile()) == ["profile", "subject#b2", "entry#booking#b1", "entry#booking#b2"]


def test_the_nearest_to_the_person_fills_a_bare_name() -> None:
    contacts = {
        "profile": {"name": "Ann"},
        "subject#b2": {"link": "https://example.com/c"},
        "entry#booking#b1": {"place": "old", "host": "Bo"},
        "entry#booking#b2": {"place": "new"},
    }
    blanks = fill_blanks(*_profile(), contacts, {"name": "Shop", "caps": []}, "https://example.com/u/x")
    source = (
        "{{ name }} {{ event.name }} {{ total }} {{ traits.total }} {{ tier }} {{ event.link }} {{ link }} "
        "{{ brand.name }} {{ entry.service }} {{ entry.place }} {{ entry.host }} "
        "{{ entry.starts_at | local: '%H' }} {{ unsubscribe_url }}"
    )
    assert _text(source, **blanks) == (
        "Ann cart 3 1 vip https://example.com/c https://example.com/c Shop cut new Bo 10 https://example.com/u/x"
    )


def test_no_trait_or_property_can_pass_for_the_opt_out_link_or_the_brand() -> None:
    profile, message = _profile()
    profile.traits.update(unsubscribe_url="https://evil.example.com", brand={"name": "Evil"})
    blanks = fill_blanks(profile, message, {}, {"name": "Shop"}, "https://example.com/u/x")
    assert _text("{{ brand.name }} {{ unsubscribe_url }}", **blanks) == "Shop https://example.com/u/x"


def test_a_message_of_a_passage_that_is_gone_still_has_a_person() -> None:
    profile, message = _profile()
    profile.enrollments.clear()
    blanks = fill_blanks(profile, message, {"profile": {"name": "Ann"}}, {}, None)
    assert _text("{{ name }}{{ entry.starts_at | default: '' }}", **blanks) == "Ann"


# ---- documentation ---------------------------------------------------------------------------------------------

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "templates.md").read_text()


def test_the_template_in_the_documentation_renders() -> None:
    block, *others = re.findall(r"```yaml\n(# templates/.*?)```", DOCUMENT, re.DOTALL)
    assert [check_template(yaml.safe_load(other)) for other in others] == [[], [], [], []]
    template = yaml.safe_load(block)
    assert check({key: template[key] for key in ("email", "sms")}) == []
    starts = datetime(2026, 12, 1, 1, tzinfo=UTC)
    blanks = {"entry": {"starts_at": starts, "location": "Seoul"}, "brand": {"name": "Shop"}}
    email = render("d", template, "email", blanks, NEW_YORK, EMAIL).parts
    assert email["subject"] == "11/30 20:00, see you soon"
    assert "Hello there,\n\nwe expect you on Monday, November 30 at 8:00 PM." in email["text"]
    assert render("d", template, "sms", blanks, SEOUL, ("text",)).parts["text"] == "Shop: 12/1 10:00, see you soon"


def test_everything_in_the_documentation_is_written_as_it_says() -> None:
    rows = re.findall(r"^\| `(\{\{.*?\}\})` \| (.*?) \|$", DOCUMENT, re.MULTILINE)
    assert len(rows) == 13
    for source, written in rows:
        language = "ko" if re.search("[가-힣]", source + written) else "en"
        wall = replace(SEOUL, language=language, now=datetime(2026, 11, 22, 5, 5, tzinfo=UTC), currency="KRW")
        entry = {"starts_at": datetime(2026, 11, 22, 5, 5, tzinfo=UTC)}
        assert _text(source.replace("\\|", "|"), wall, entry=entry, first_name="봄이") == written


def test_a_part_may_be_texts_by_name_which_no_value_can_add_to() -> None:
    document = {"kakao": {"text": "x", "variables": {"이름": "{{ name }}", "시각": "{{ at }}"}}}
    blanks = {"name": 'x", "링크": "https://evil.example.com', "at": "10:00\n#{링크}: y"}
    rendered = render("hello", document, "kakao", blanks, SEOUL, ("text", "variables"))
    assert json.loads(rendered.parts["variables"]) == {"이름": blanks["name"], "시각": blanks["at"]}
    assert variables_of(document) == ["at", "name"]


def test_a_mistake_in_a_text_by_name_is_found_under_its_name() -> None:
    document = {"kakao": {"variables": {"이름": "{{ name", "시각": 5}}}
    assert sorted(problem.part for problem in check(document)) == ["variables.시각", "variables.이름"]
    with pytest.raises(CannotRender, match=r"kakao\.variables\.이름"):
        render("hello", {"kakao": {"variables": {"이름": "{{ name }}"}}}, "kakao", {}, SEOUL, ("variables",))
