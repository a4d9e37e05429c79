"""Ledger: of all who want to send a message one may, and what came of it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from kairos.app.ports import Claim
from kairos.aws.ledger import DynamoLedger
from kairos.memory import MemoryLedger
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def ledger(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemoryLedger()
    numbers = count(1)
    return DynamoLedger(cloud.client("dynamodb"), cloud.table("messages"), lambda: str(next(numbers)))


def test_the_first_claim_is_ours_and_the_second_sees_it(ledger: Any) -> None:
    assert ledger.claim("m1", {"channel": "email", "asks": 1}, NOW) is None
    expected = Claim("m1", "claimed", NOW, details={"channel": "email", "asks": 1})
    assert ledger.claim("m1", {"channel": "sms"}, LATER) == expected


def test_a_claim_at_the_very_same_instant_with_the_same_details_is_still_somebody_elses(ledger: Any) -> None:
    ledger.claim("m1", {}, NOW)
    assert ledger.claim("m1", {}, NOW) is not None


def test_an_unfinished_claim_can_be_taken_over_again_and_again(ledger: Any) -> None:
    ledger.claim("m1", {}, NOW)
    assert ledger.claim("m1", {}, LATER, again=True) is None
    assert ledger.claim("m1", {}, LATER) == Claim("m1", "claimed", LATER)
    assert ledger.claim("m1", {}, LATER, again=True) is None


def test_taking_over_where_there_is_nothing_is_a_first_claim(ledger: Any) -> None:
    assert ledger.claim("m1", {}, NOW, again=True) is None


@pytest.mark.parametrize("state", ["sent", "unknown", "refused"])
def test_what_came_of_it_is_seen_and_not_taken_over(ledger: Any, state: str) -> None:
    ledger.claim("m1", {"a": 1}, NOW)
    ledger.record("m1", state, LATER, "provider-1")
    expected = Claim("m1", state, NOW, "provider-1", {"a": 1})
    assert ledger.claim("m1", {}, LATER, again=True) == expected


def test_an_unknown_outcome_can_become_known(ledger: Any) -> None:
    ledger.claim("m1", {}, NOW)
    ledger.record("m1", "unknown", NOW)
    ledger.record("m1", "sent", LATER, "provider-1", {"template": "hello", "variant": "비"})
    assert ledger.claim("m1", {}, LATER).state == "sent"


@pytest.mark.parametrize("final", ["sent", "refused"])
def test_a_final_outcome_is_not_undone_by_a_late_one(ledger: Any, final: str) -> None:
    ledger.claim("m1", {}, NOW)
    ledger.record("m1", final, NOW, "provider-1")
    ledger.record("m1", "unknown", LATER)
    found = ledger.claim("m1", {}, LATER)
    assert (found.state, found.provider_id) == (final, "provider-1")


def test_a_freed_claim_can_be_claimed_again(ledger: Any) -> None:
    ledger.claim("m1", {}, NOW)
    ledger.free("m1")
    assert ledger.claim("m1", {}, LATER) is None


def test_what_was_sent_is_not_freed_and_nothing_is_freed_quietly(ledger: Any) -> None:
    ledger.claim("m1", {}, NOW)
    ledger.record("m1", "sent", NOW)
    ledger.free("m1")
    ledger.free("m2")
    assert ledger.claim("m1", {}, LATER).state == "sent"
    assert ledger.claim("m2", {}, LATER) is None


def test_an_outcome_without_a_claim_is_kept_too(ledger: Any) -> None:
    ledger.record("m1", "sent", NOW, "provider-1")
    assert ledger.claim("m1", {}, LATER) == Claim("m1", "sent", NOW, "provider-1")
