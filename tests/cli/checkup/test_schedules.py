from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.schedules import schedule_count, schedule_group
from tests.cli.checkup.patients import only, patient, quotas, refusal

GROUP = ("scheduler", "GetScheduleGroup")
LIST = ("scheduler", "ListSchedules")
QUOTAS = ("service-quotas", "ListServiceQuotas")
DEFAULTS = ("service-quotas", "ListAWSDefaultServiceQuotas")


@pytest.mark.parametrize("answer", [refusal("ResourceNotFoundException"), {"State": "DELETING"}])
def test_without_its_group_no_alarm_can_be_armed(answer: Any) -> None:
    assert only(schedule_group(patient({GROUP: answer}))).status == "wrong"


@pytest.mark.parametrize(("count", "status"), [(79, "ok"), (80, "warn"), (94, "warn"), (95, "wrong")])
def test_a_region_that_is_nearly_full_is_told(count: int, status: str) -> None:
    rows = {"Schedules": [{"Name": str(n)} for n in range(count)]}
    assert only(schedule_count(patient({LIST: rows, QUOTAS: quotas(100)}))).status == status


def test_the_default_counts_where_nobody_asked_for_more() -> None:
    found = only(schedule_count(patient({QUOTAS: {"Quotas": []}, DEFAULTS: quotas(2)})))
    assert (found.status, "2 schedules wait" in found.says) == ("wrong", True)


def test_a_quota_that_nobody_tells_is_unknown() -> None:
    found = only(schedule_count(patient({QUOTAS: refusal("NoSuchResourceException")})))
    assert found.status == "unknown"
    assert "2 schedules wait" in found.says


def test_the_count_is_told_to_whom_the_quota_is_kept_from() -> None:
    found = only(schedule_count(patient({QUOTAS: refusal("AccessDeniedException")})))
    assert found.status == "unknown"
    assert "2 schedules wait" in found.says
    assert "servicequotas:ListServiceQuotas" in found.do


def endless(**request: Any) -> dict[str, Any]:
    token = int(request.get("NextToken", "0")) + 1
    return {"Schedules": [{"Name": "a"}] * 100, "NextToken": str(token)}


@pytest.mark.parametrize(("quota", "status"), [(10_000_000, "unknown"), (2_100, "wrong")])
def test_more_than_can_be_counted_is_said_to_be_more(quota: int, status: str) -> None:
    found = only(schedule_count(patient({LIST: endless, QUOTAS: quotas(quota)})))
    assert (found.status, found.says[:15]) == (status, "more than 2,000")
