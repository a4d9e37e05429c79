"""Suppressions: a stop is there when `suppress` returns, for its channel and purpose and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.aws.secret import Keyring
from kairos.aws.suppressions import DynamoSuppressions
from kairos.memory import MemorySuppressions
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
ADDRESS = "mina@example.com"


@pytest.fixture
def suppressions(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemorySuppressions()
    keyring = Keyring("1", {"1": b"1" * 32})
    return DynamoSuppressions(cloud.client("dynamodb"), cloud.table("suppressions"), lambda: keyring)


def test_an_address_that_nobody_stopped_has_no_stops(suppressions: Any) -> None:
    assert suppressions.suppressed("email", ADDRESS) == frozenset()


def test_a_stop_is_for_its_channel_address_and_purpose(suppressions: Any) -> None:
    suppressions.suppress("email", ADDRESS, "marketing", "unsubscribed", NOW)
    assert suppressions.suppressed("email", ADDRESS) == {"marketing"}
    assert suppressions.suppressed("sms", ADDRESS) == frozenset()
    assert suppressions.suppressed("email", "other@example.com") == frozenset()


def test_both_purposes_can_be_stopped_and_repeating_changes_nothing(suppressions: Any) -> None:
    for purpose in ("marketing", "all", "marketing", "all"):
        suppressions.suppress("email", ADDRESS, purpose, "complaint", NOW)
    assert suppressions.suppressed("email", ADDRESS) == {"marketing", "all"}


def test_a_stop_holds_however_the_address_is_written(suppressions: Any) -> None:
    suppressions.suppress("email", " Mina@Example.com", "all", "bounce", NOW)
    assert suppressions.suppressed("email", ADDRESS) == {"all"}
    assert suppressions.hash_address("MINA@example.com") == suppressions.hash_address(ADDRESS)


def test_a_link_that_knows_only_the_hash_stops_the_same_address(suppressions: Any) -> None:
    suppressions.suppress_hashed("email", suppressions.hash_address(ADDRESS), "all", "unsubscribed", NOW)
    assert suppressions.suppressed("email", ADDRESS) == {"all"}


def test_a_hash_is_of_its_address_however_that_is_written(suppressions: Any) -> None:
    hashed = suppressions.hash_address(ADDRESS)
    assert suppressions.is_of(hashed, " MINA@example.com")
    assert not suppressions.is_of(hashed, "other@example.com")
    assert not suppressions.is_of("", ADDRESS)


def test_a_hash_under_a_former_key_is_still_of_its_address() -> None:
    former, both = Keyring("1", {"1": b"1" * 32}), Keyring("2", {"1": b"1" * 32, "2": b"2" * 32})
    hashed = DynamoSuppressions(None, "t", lambda: former).hash_address(ADDRESS)
    assert DynamoSuppressions(None, "t", lambda: both).is_of(hashed, ADDRESS)
    assert not DynamoSuppressions(None, "t", lambda: Keyring("2", {"2": b"2" * 32})).is_of(hashed, ADDRESS)


def test_a_purpose_that_no_reader_asks_for_is_refused(suppressions: Any) -> None:
    with pytest.raises(ValueError):
        suppressions.suppress("email", ADDRESS, "newsletter", "unsubscribed", NOW)


EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


@pytest.mark.parametrize(("consented", "left"), [(None, True), (EARLIER, True), (NOW, True), (LATER, False)])
def test_only_a_consent_given_after_it_lifts_an_unsubscription(
    suppressions: Any, consented: datetime | None, left: bool
) -> None:
    suppressions.suppress("email", ADDRESS, "marketing", "unsubscribed", NOW)
    assert suppressions.suppressed("email", ADDRESS, consented) == ({"marketing"} if left else frozenset())


@pytest.mark.parametrize("reason", ["bounced", "complained", "erased", "imported"])
def test_no_consent_lifts_a_stop_that_is_nobodys_change_of_mind(suppressions: Any, reason: str) -> None:
    for purpose in ("marketing", "all"):
        suppressions.suppress("email", ADDRESS, purpose, reason, NOW)
    assert suppressions.suppressed("email", ADDRESS, LATER) == {"marketing", "all"}


@pytest.mark.parametrize("order", list(permutations([EARLIER, NOW, LATER])))
def test_of_several_unsubscriptions_the_latest_must_be_outlived(suppressions: Any, order: tuple[datetime, ...]) -> None:
    for at in order:
        suppressions.suppress("email", ADDRESS, "marketing", "unsubscribed", at)
    assert suppressions.suppressed("email", ADDRESS, LATER) == {"marketing"}
    assert suppressions.suppressed("email", ADDRESS, LATER + timedelta(seconds=1)) == frozenset()


@pytest.mark.parametrize("order", list(permutations(["unsubscribed", "bounced"])))
def test_the_firmer_of_two_stops_stays_in_both_orders(suppressions: Any, order: tuple[str, ...]) -> None:
    for at, reason in zip((NOW, LATER), order, strict=True):
        suppressions.suppress("email", ADDRESS, "marketing", reason, at)
    assert suppressions.suppressed("email", ADDRESS, LATER + timedelta(days=1)) == {"marketing"}
