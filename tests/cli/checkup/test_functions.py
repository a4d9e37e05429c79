from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.functions import concurrency, event_sources, functions
from kairos.settings import FUNCTIONS
from tests.cli.checkup.patients import function, limits, only, patient, refusal, source, statuses

CONFIGURATION = ("lambda", "GetFunctionConfiguration")
SOURCES = ("lambda", "ListEventSourceMappings")
SETTINGS = ("lambda", "GetAccountSettings")


@pytest.mark.parametrize(
    ("free", "stage", "status"),
    [(10, "prod", "wrong"), (10, "dev", "warn"), (11, "prod", "warn"), (119, "prod", "warn"), (120, "prod", "ok")],
)
def test_a_new_accounts_ten_are_too_few_and_queues_leave_room(free: int, stage: str, status: str) -> None:
    assert only(concurrency(patient({SETTINGS: limits(free)}, stage=stage))).status == status


def test_another_stages_queues_are_not_counted() -> None:
    other = source(FunctionArn="arn:aws:lambda:eu-west-1:1:function:kairos-dev-decide", State="Disabled")
    one = patient({SETTINGS: limits(120), SOURCES: {"EventSourceMappings": [source(), other]}})
    assert (only(concurrency(one)).status, only(event_sources(one)).status) == ("ok", "ok")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"State": "Failed", "StateReason": "no key"}, "is Failed: no key"),
        ({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no layer"}, "could not be updated: no layer"),
        ({"Environment": {"Variables": {"KAIROS_STAGE": "prod"}}}, "KAIROS_CUSTOMERS_TABLE"),
    ],
)
def test_a_function_that_is_not_whole_is_named_beside_those_that_are(change: dict[str, Any], told: str) -> None:
    def answer(FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's own spelling
        return function(FunctionName) | (change if FunctionName == "kairos-prod-decide" else {})

    bad, rest = functions(patient({CONFIGURATION: answer}))
    assert (bad.status, bad.do) == ("wrong", "make deploy STAGE=prod")
    assert told in bad.says
    assert "kairos-prod-decide" in bad.says
    assert rest.says == f"{len(FUNCTIONS) - 1} of {len(FUNCTIONS)} functions are whole"


def test_a_function_that_sleeps_is_well() -> None:
    def answer(FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's own spelling
        return function(FunctionName) | {"State": "Inactive"}

    assert only(functions(patient({CONFIGURATION: answer}))).status == "ok"


def test_functions_that_are_not_there_are_each_named() -> None:
    found = statuses(functions(patient({CONFIGURATION: refusal("ResourceNotFoundException")})))
    assert found == ["wrong"] * len(FUNCTIONS)


def test_a_queue_that_starts_nothing_is_told_with_the_command_that_mends_it() -> None:
    off = source(State="Disabled", StateTransitionReason="User action", UUID="u-1")
    found = only(event_sources(patient({SOURCES: {"EventSourceMappings": [off, source()]}})))
    assert found.status == "wrong"
    assert "kairos-prod-inbox.fifo does not start kairos-prod-decide" in found.says
    assert found.do == "aws lambda update-event-source-mapping --enabled --uuid u-1 --region ap-northeast-2"


@pytest.mark.parametrize(("stage", "status"), [("prod", "wrong"), ("local", "unknown")])
def test_no_source_at_all_is_wrong_but_where_they_are_played_unseen(stage: str, status: str) -> None:
    assert only(event_sources(patient({SOURCES: {"EventSourceMappings": []}}, stage=stage))).status == status
