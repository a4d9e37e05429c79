from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.document import Document, parse_share
from kairos.domain.errors import BadDefinition


def problem(read: Callable[[], Any]) -> tuple[tuple[str | int, ...], str]:
    with pytest.raises(BadDefinition) as error:
        read()
    return error.value.path, error.value.expected


@pytest.mark.parametrize(
    "raw,kind", [([], "a list"), ("x", "a text"), (5, "a number"), (True, "true/false"), (None, "nothing")]
)
def test_what_is_no_mapping_is_named(raw: object, kind: str) -> None:
    assert problem(lambda: Document(raw, ("steps", 0))) == (("steps", 0), f"expected a mapping of keys, found {kind}")


def test_keys_that_are_no_texts_are_refused() -> None:
    """YAML reads `on:` as true and `1:` as a number."""
    assert problem(lambda: Document({True: 1}))[1].startswith("expected a mapping of keys")


def test_an_unknown_key_names_the_nearest_or_all() -> None:
    assert problem(lambda: Document({"trigerr": 1}).only("trigger", "steps")) == (
        ("trigerr",),
        "there is no such key here; did you mean 'trigger'?",
    )
    assert problem(lambda: Document({"zzz": 1}).only("a", "b"))[1].endswith("there are: a, b")


def test_a_missing_key_says_what_would_be_right() -> None:
    assert problem(lambda: Document({}).text("name")) == (("name",), "is missing: a text")


def test_null_is_as_good_as_missing_where_there_is_a_default() -> None:
    document = Document({"a": None})
    assert document.text("a", "x") == "x"
    assert document.flag("a", True) is True
    assert document.choice("a", ("x", "y"), "y") == "y"
    assert document.duration("a", timedelta(1)) == timedelta(1)
    assert not document.has("a")


def test_each_accessor_reads_its_kind() -> None:
    document = Document(
        {"t": "x", "n": "cart_updated", "i": "a-1", "d": "2h", "f": False, "c": "y", "r": 3, "m": {"a": 1}, "l": [7]}
    )
    assert document.text("t") == "x"
    assert document.name("n") == "cart_updated"
    assert document.identifier("i") == "a-1"
    assert document.duration("d") == timedelta(hours=2)
    assert document.flag("f", True) is False
    assert document.choice("c", ("x", "y")) == "y"
    assert document.number("r", 1, 5) == 3
    assert document.inner("m").path == ("m",)
    assert document.items("l") == [(7, ("l", 0))]


@pytest.mark.parametrize(
    "accessor,value",
    [
        ("text", " "), ("text", 5), ("name", "1x"), ("name", ""), ("name", "x" * 101), ("name", "a\n"),
        ("identifier", "A"), ("identifier", "-a"), ("identifier", "a" * 65), ("identifier", "a\n"),
        ("duration", 5), ("duration", "5"), ("flag", "yes"), ("flag", 1), ("inner", []), ("items", {}),
        ("items", "abc"),
    ],
)  # fmt: skip
def test_each_accessor_refuses_other_kinds_at_its_key(accessor: str, value: object) -> None:
    assert problem(lambda: getattr(Document({"k": value}, ("p",)), accessor)("k"))[0] == ("p", "k")


@pytest.mark.parametrize("value", [0, 6, "3", True, None])
def test_a_number_stays_within_its_bounds(value: object) -> None:
    assert "number from 1 to 5" in problem(lambda: Document({"k": value}).number("k", 1, 5))[1]


@pytest.mark.parametrize("text,share", [("5%", 0.05), ("0%", 0), ("100%", 1), ("33.3%", 0.333), ("5 %", 0.05)])
def test_a_share_is_a_percentage(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("wrong", ["101%", "-1%", "5", 0.5, None, "%", "1e1%", "٥%"])
def test_anything_else_is_no_share(wrong: object) -> None:
    with pytest.raises(ValueError, match="share"):
        parse_share(wrong)
