"""SendTokens: all senders together stay under a provider's rate and quota."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.deliver.rate import Allowance
from kairos.aws.tokens import DynamoSendTokens
from kairos.memory import MemorySendTokens
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 5, 300_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def tokens(kind: str, cloud: Cloud) -> Any:
    if kind == "memory":
        return MemorySendTokens()
    return DynamoSendTokens(cloud.client("dynamodb"), cloud.table("messages"))


def test_a_second_grants_its_rate_and_the_last_lease_gets_what_is_left(tokens: Any) -> None:
    assert [tokens.lease("email", 6, 14.0, None, NOW) for _ in range(4)] == [6, 6, 2, 0]


def test_the_next_second_grants_again(tokens: Any) -> None:
    assert tokens.lease("email", 20, 14.0, None, NOW) == 14
    assert tokens.lease("email", 20, 14.0, None, NOW + SECOND) == 14


def test_channels_do_not_share(tokens: Any) -> None:
    assert tokens.lease("email", 1, 1.0, None, NOW) == 1
    assert tokens.lease("sms", 1, 1.0, None, NOW) == 1


def test_the_day_ends_what_the_second_would_grant(tokens: Any) -> None:
    granted = [tokens.lease("email", 10, 14.0, 25, NOW + number * SECOND) for number in range(4)]
    assert granted == [10, 10, 5, 0]
    assert tokens.lease("email", 10, 14.0, 25, NOW + timedelta(days=1)) == 10


def test_a_rate_below_one_a_second_is_one_in_so_many_seconds(tokens: Any) -> None:
    start = NOW.replace(second=0)
    granted = [tokens.lease("sms", 5, 0.25, None, start + number * SECOND) for number in range(12)]
    assert granted == [1, 0, 0, 0] * 3


def test_nothing_wanted_is_nothing_granted(tokens: Any) -> None:
    assert tokens.lease("email", 0, 14.0, 100, NOW) == 0


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_never_sends_is_refused(tokens: Any, rate: float) -> None:
    with pytest.raises(ValueError):
        tokens.lease("email", 1, rate, None, NOW)


MONTH = Allowance("token#sms/spend#2026-11", 100, NOW + timedelta(days=40))


def test_a_month_is_spent_to_the_last_and_not_beyond(tokens: Any) -> None:
    assert [tokens.spend(MONTH, 30, capped=True) for _ in range(4)] == [True, True, True, False]
    assert tokens.spend(MONTH, 10, capped=True)
    assert not tokens.spend(MONTH, 1, capped=True)


def test_one_message_dearer_than_the_month_is_never_paid_for(tokens: Any) -> None:
    assert not tokens.spend(MONTH, 101, capped=True)
    assert tokens.spend(MONTH, 100, capped=True)


def test_what_may_not_be_held_is_counted_all_the_same_and_what_comes_back_may_be_spent_again(tokens: Any) -> None:
    assert tokens.spend(MONTH, 150, capped=False)
    assert not tokens.spend(MONTH, 1, capped=True)
    tokens.spend(MONTH, -60, capped=False)
    assert [tokens.spend(MONTH, 5, capped=True) for _ in range(3)] == [True, True, False]
