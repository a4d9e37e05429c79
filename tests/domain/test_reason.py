from __future__ import annotations

import json
from datetime import UTC, datetime

from kairos.domain.reason import Reason, reason_from_json, reason_to_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_reason_is_the_line_that_simulate_prints() -> None:
    reason = Reason(NOON, "u1", "held", "quiet hours", "j", 2, "hello-1", "c1", "email", "hello", NOON, "m1")
    assert list(reason_to_json(reason)) == [
        "at", "profile", "journey", "version", "step", "subject", "kind", "channel", "template", "reason", "due",
    ]  # fmt: skip
    assert reason_to_json(reason)["at"] == "2026-03-02T12:00:00Z"


def test_a_reason_comes_back_as_it_went() -> None:
    for reason in (Reason(NOON, "u1", "entered"), Reason(NOON, "u1", "message", due=NOON, message="m1", step="s")):
        assert reason_from_json(json.loads(json.dumps(reason_to_json(reason))), message=reason.message) == reason
