"""Receivers of announcements: how each does is kept as it was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.deliver.receiver_state import ReceiverState
from kairos.aws.receiver_states import DynamoReceiverStates
from kairos.memory import MemoryReceiverStates
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


@pytest.fixture
def states(kind: str, cloud: Cloud) -> Any:
    return (
        MemoryReceiverStates()
        if kind == "memory"
        else DynamoReceiverStates(cloud.client("dynamodb"), cloud.table("messages"))
    )


def test_of_one_that_never_failed_nothing_is_known(states: Any) -> None:
    assert states.read("crm") == ReceiverState()


@pytest.mark.parametrize(
    "state",
    [
        ReceiverState().failed("status 503, \ud55c", NOW),
        ReceiverState(gone_at=NOW, error="status 410"),
        ReceiverState(lost=7),
        ReceiverState(),
    ],
)
def test_a_state_comes_back_as_it_was(states: Any, state: ReceiverState) -> None:
    states.save("crm", ReceiverState(lost=1).failed("before", NOW))
    states.save("crm", state)
    assert states.read("crm") == state
    assert states.read("lake") == ReceiverState()


def test_what_was_lost_stays_known_when_it_answers_again() -> None:
    failing = replace(ReceiverState().failed("status 500", NOW), lost=3)
    assert failing.answered() == ReceiverState(lost=3)
