"""Categories mean the same wherever they are written, and what names none names none."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.domain.category import CATEGORY_CHARACTERS_MAX, categories_in, category_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("coffee", "coffee"),
        ("  Coffee   BEANS ", "coffee beans"),
        ("원두", "원두"),
        (7001, "7001"),
        ("x" * CATEGORY_CHARACTERS_MAX, "x" * CATEGORY_CHARACTERS_MAX),
        ("x" * (CATEGORY_CHARACTERS_MAX + 1), None),
        ("   ", None),
        (None, None),
        (True, None),
        (1.5, None),
        (["coffee"], None),
    ],
)
def test_a_category_is_compared_in_small_letters_and_single_spaces(written: Any, read: str | None) -> None:
    assert category_of(written) == read


def test_an_order_has_the_categories_of_its_lines_and_its_own() -> None:
    items = [{"category": "Coffee", "sku": "A1"}, {"category": "tea"}, {"sku": "A2"}, "no line", None]
    assert categories_in({"items": items, "category": "gift"}) == {"coffee", "tea", "gift"}
    assert categories_in({"items": items}, "sku") == {"a1", "a2"}


@pytest.mark.parametrize("items", [None, "coffee", 7, {"category": "coffee"}, [[]], [{"category": {"x": 1}}]])
def test_what_is_no_list_of_lines_has_none(items: Any) -> None:
    assert categories_in({"items": items}) == frozenset()
