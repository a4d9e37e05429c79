"""Who sends, as a brand says it: what each key takes, and where what is wrong stands."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.sender import SENDER_KEYS, TEXT_MAX


def wrong(**said: Any) -> list[tuple[Any, ...]]:
    return [error.path for error in check_brand({"timezone": "Asia/Seoul", **said})]


def test_a_sender_may_say_all_of_it() -> None:
    said = dict.fromkeys(SENDER_KEYS, "02-000-0000") | {"email": "hello@example.com", "lawful_goods": True}
    assert wrong(sender=said, policies=["kr"], double_opt_in=["sms"], unconfirmed_consent="stop") == []


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"sender": {"relay": ""}}, ("sender", "relay")),
        ({"sender": {"contact": 2_000_000}}, ("sender", "contact")),
        ({"sender": {"name": "two\nlines"}}, ("sender", "name")),
        ({"sender": {"name": "x" * (TEXT_MAX + 1)}}, ("sender", "name")),
        ({"sender": {"email": "hello"}}, ("sender", "email")),
        ({"sender": {"lawful_goods": "yes"}}, ("sender", "lawful_goods")),
        ({"sender": {"fax": "02-000-0000"}}, ("sender", "fax")),
        ({"policies": ["atlantis"]}, ("policies", 0)),
        ({"double_opt_in": ["fax"]}, ("double_opt_in", 0)),
        ({"unconfirmed_consent": "forget"}, ("unconfirmed_consent",)),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(said: dict[str, Any], path: tuple[Any, ...]) -> None:
    assert wrong(**said) == [path]
