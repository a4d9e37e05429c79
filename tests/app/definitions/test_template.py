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
