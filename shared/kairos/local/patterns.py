"""Event patterns: what EventBridge's rules and Lambda's event filters have in common, matched by moto's matcher.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.events.models import EventPattern


class Pattern:
    """One pattern; an empty one matches everything."""

    def __init__(self, pattern: Mapping[str, Any] | str | None) -> None:
        self._tree: dict[str, Any] = json.loads(pattern) if isinstance(pattern, str) else dict(pattern or {})
        self._pattern = EventPattern(json.dumps(self._tree), self._tree)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether `event`, JSON, matches."""
        return self._pattern.matches_event(event)  # type: ignore[arg-type]

    @property
    def body(self) -> Any:
        """Return what the pattern says about a queue message's `body`."""
        return self._tree.get("body")


class Filters:
    """The filter criteria of an event source mapping: any one pattern is enough, none means all."""

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        self._patterns = [Pattern(entry["Pattern"]) for entry in (criteria or {}).get("Filters", [])]

    def __call__(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a stream's record passes."""
        return not self._patterns or any(pattern.matches(record) for pattern in self._patterns)

    def message(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a queue's record passes: a pattern over the body's fields wants a body that is a JSON object."""
        return not self._patterns or any(_message_matches(pattern, record) for pattern in self._patterns)


def _message_matches(pattern: Pattern, record: Mapping[str, Any]) -> bool:
    if not isinstance(pattern.body, dict):
        return pattern.matches(record)
    try:
        body = json.loads(record["body"])
    except ValueError:
        return False
    return isinstance(body, dict) and pattern.matches({**record, "body": body})
