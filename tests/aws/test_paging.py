from __future__ import annotations

from typing import Any

from kairos.aws.paging import all_items


def pages(*sizes: int) -> tuple[Any, list[dict[str, Any]]]:
    """Return a `query` with so many items on each page, and what it is asked."""
    asked: list[dict[str, Any]] = []

    def query(**request: Any) -> dict[str, Any]:
        asked.append(dict(request))
        number = request.get("ExclusiveStartKey", 0)
        more = {"LastEvaluatedKey": number + 1} if number + 1 < len(sizes) else {}
        return {"Items": [{"page": number}] * sizes[number], **more}

    return query, asked


def test_every_page_is_read_an_empty_one_in_the_middle_too() -> None:
    query, asked = pages(2, 0, 1)
    assert [item["page"] for item in all_items("x", query, TableName="t")] == [0, 0, 2]
    assert asked == [{"TableName": "t", **key} for key in ({}, {"ExclusiveStartKey": 1}, {"ExclusiveStartKey": 2})]


def test_a_page_that_nobody_needs_is_not_asked_for() -> None:
    query, asked = pages(2, 2)
    next(all_items("x", query, TableName="t"))
    assert len(asked) == 1
