"""Parts of definitions, of which examples are made."""

from __future__ import annotations

from typing import Any

from tests.app.brands import journey, template

SEND = {"send": "hello"}
RETRY = {"send": "hello", "until": {"event": "x"}, "every": "1d", "times": 3}
ARMS: list[dict[str, Any]] = [
    {"name": "none", "share": "50%", "steps": []},
    {"name": "coupon", "share": "50%", "steps": [SEND]},
]
EXPERIMENT: dict[str, Any] = {"success": {"event": "x", "within": "7d"}, "arms": ARMS}
VARIED = template(
    variants=[
        {"id": "rain", "if": {"field": "weather", "in": ["rain", "snow"]}, "sms": {"text": "x"}},
        {"id": "day", "phase": ["before", "on_the_day"], "time_band": ["morning", "21:00-05:00"]},
        {"id": "who", "segment": "x", "languages": {"en": {"sms": {"text": "x"}}}},
    ]
)
TIMED = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}


def stepped(*steps: Any) -> dict[str, Any]:
    return journey(steps=list(steps))


def timed(**other: Any) -> dict[str, Any]:
    return TIMED | other


def around(**step: Any) -> dict[str, Any]:
    return TIMED | {"timeline": [{"at": "-2h", "send": "hello"} | step]}


def when(**condition: Any) -> dict[str, Any]:
    return {"id": "some", "where": condition}
