"""Whatever an item holds of a person can be handed to them as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from kairos.app.export import plain
from kairos.domain.hour_counts import HourCounts
from tests.aws.profiles import busy_profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_busy_profile_is_plain_json_with_hours_by_name_and_hashes_as_text() -> None:
    profile = busy_profile(NOON)
    profile.hours = {"active": HourCounts.of([(3, 2)])}
    told = json.loads(json.dumps(plain(profile)))
    assert (told["id"], told["hours"]) == (profile.id, {"active": {"hour 3 of the week": 2}})
    assert len(bytes.fromhex(told["seen"]["hashes"])) == len(profile.seen.hashes)
