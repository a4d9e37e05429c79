from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.template import channels_of, check_template, in_order

EMAIL = {"subject": "Hi", "text": "Hi"}


@pytest.mark.parametrize(
    ("document", "channels"),
    [
        ({"sms": {"text": "x"}, "email": EMAIL}, ("sms", "email")),
        ({"email": EMAIL, "sms": {"text": "x"}}, ("email", "sms")),
        ({"email": EMAIL, "sms": {"text": "x"}, "channels": ["sms", "email"]}, ("sms", "email")),
        ({"email": EMAIL, "name": "x"}, ("email",)),
        ({"email": EMAIL, "channels": ["sms"]}, ("email",)),
    ],
)
def test_channels_stand_in_order_of_preference(document: dict[str, Any], channels: tuple[str, ...]) -> None:
    assert channels_of(document) == channels


def test_the_order_is_written_down_where_there_is_a_choice() -> None:
    assert in_order({"sms": {"text": "x"}, "email": EMAIL})["channels"] == ["sms", "email"]
    assert "channels" not in in_order({"email": EMAIL})


def test_writing_the_order_twice_changes_nothing() -> None:
    once = in_order({"sms": {"text": "x"}, "email": EMAIL})
    assert in_order(dict(sorted(once.items()))) == once


def test_every_part_that_is_wrong_is_named() -> None:
    document = {"email": {"subject": "{{ a", "html": "{% if %}", "txt": "x"}, "sms": {}, "fax": {"text": "x"}}
    found = {".".join(map(str, error.path)) for error in check_template(document)}
    assert found >= {"email.subject", "email.html", "email.txt", "sms.text", "fax"}


def test_a_text_longer_than_any_message_is_refused() -> None:
    (error,) = check_template({"sms": {"text": "x" * 200_001}})
    assert "at most 200000 characters" in error.expected


# ---- languages, variants and partials --------------------------------------------------------------------------

TEXT = {"text": "x"}


def _paths(document: dict[str, Any]) -> set[str]:
    return {".".join(map(str, error.path)) for error in check_template(document)}


def test_languages_and_variants_are_checked_as_closely_as_the_template_itself() -> None:
    document = {
        "sms": TEXT,
        "languages": {"en": {"sms": {"text": "{{ a"}}, "English": {}},
        "variants": [
            {"id": "a", "phase": "before", "sms": {"text": "{% if %}"}},
            {"id": "b", "segment": "x", "languages": {"en": {"sms": {"txt": "x", "text": "{{ x | upcas }}"}}}},
        ],
    }
    assert _paths(document) == {
        "languages.en.sms.text",
        "languages.English",
        "variants.0.sms.text",
        "variants.1.languages.en.sms.txt",
        "variants.1.languages.en.sms.text",
    }


def test_what_takes_the_place_of_a_part_needs_a_part_to_take_the_place_of() -> None:
    """A journey plans with the template's own channels, and falls back on them."""
    variant = {"id": "a", "phase": "before", "email": EMAIL}
    assert _paths({"sms": TEXT, "variants": [variant]}) == {"variants.0.email"}
    assert _paths({"sms": TEXT, "languages": {"en": {"email": EMAIL}}}) == {"languages.en.email"}


def test_variants_have_ids_of_their_own() -> None:
    twice = [{"id": "a", "phase": "before"}, {"id": "a", "phase": "after"}]
    assert _paths({"sms": TEXT, "variants": twice}) == {"variants.1.id"}


def test_a_partial_has_texts_and_no_channels() -> None:
    assert _paths({"partial": {"html": "<p>x</p>"}}) == set()
    assert _paths({"partial": {}}) == {"partial"}
    assert _paths({"partial": {"text": "{{ a"}, "sms": TEXT}) == {"sms", "partial.text"}


def test_html_may_be_written_as_mjml_but_not_both() -> None:
    mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ a }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    assert _paths({"email": {"subject": "x", "mjml": mjml}}) == set()
    assert _paths({"email": {"subject": "x", "mjml": mjml, "html": "x"}}) == {"email.mjml"}
    assert _paths({"email": {"subject": "x", "mjml": "<mjml>"}}) == {"email.mjml"}
    assert _paths({"email": {"subject": "x", "mjml": mjml.replace("{{ a }}", "{{ a | upcas }}")}}) == {"email.mjml"}


KAKAO = {"template": "KA01TP1", "text": "#{이름}님", "variables": {"이름": "{{ first_name }}"}}


def test_texts_by_name_are_looked_at_one_by_one() -> None:
    assert check_template({"kakao": KAKAO}) == []
    wrong: list[Any] = [{"이름": "{{ a"}, {"이름": 5}, {"": "x"}, {"a\nb": "x"}, {"a{b": "x"}, "text", {"x" * 41: "x"}]
    for variables in [*wrong, {f"n{n}": "x" for n in range(41)}]:
        found = check_template({"kakao": {**KAKAO, "variables": variables}})
        assert found
        assert all(error.path[0] == "kakao" and str(error.path[1]).startswith("variables") for error in found)
