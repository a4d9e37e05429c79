"""All items of a query or scan, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kairos.aws.errors import calling


def all_items(what: str, call: Callable[..., Any], **request: Any) -> Iterator[dict[str, Any]]:
    """Yield what `call` (a client's `query` or `scan`) finds; the next page is asked for when it is needed.

    Raises what `kairos.aws.errors.calling` makes of AWS's errors, with `what` as the name of the resource.
    """
    while True:
        with calling(what):
            page = call(**request)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
