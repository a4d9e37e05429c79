from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.email_account import production_access, sending_enabled, sending_rates
from kairos.cli.checkup.finding import Finding
from tests.cli.checkup.patients import account, brand, nothing_published, only, patient

GET = ("sesv2", "GetAccount")
SANDBOX = {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0}


def sandboxed(stage: str, **changes: Any) -> Finding:
    answer = account(ProductionAccessEnabled=False, SendQuota=SANDBOX, **changes)
    return only(production_access(patient({GET: answer}, stage=stage)))


def test_the_sandbox_is_wrong_for_customers_and_worth_knowing_elsewhere() -> None:
    found = sandboxed("prod")
    assert found.status == "wrong"
    assert "200 messages a day" in found.says
    assert "#/account" in found.do
    assert sandboxed("dev").status == "warn"


def test_a_request_that_aws_has_yet_to_answer_needs_no_second_one() -> None:
    found = sandboxed("prod", Details={"ReviewDetails": {"Status": "PENDING"}})
    assert (found.status, found.do) == ("warn", "")


@pytest.mark.parametrize("state", [{"SendingEnabled": False}, {"EnforcementStatus": "PROBATION"}])
def test_an_account_that_is_paused_or_reviewed_is_wrong(state: dict[str, Any]) -> None:
    assert only(sending_enabled(patient({GET: account(**state)}))).status == "wrong"


@pytest.mark.parametrize(
    ("rates", "status"),
    [
        ({"email": {"per_second": 14, "per_day": 50_000}}, "ok"),
        ({"email": {"per_second": 14.5, "per_day": 50_000}}, "wrong"),
        ({"email": {"per_second": 14, "per_day": 50_001}}, "wrong"),
        ({"email": {"per_second": 1}}, "warn"),
        (None, "warn"),
    ],
)
def test_the_brand_paces_itself_within_what_ses_grants(rates: Any, status: str) -> None:
    assert only(sending_rates(patient(releases=brand(rates=rates)))).status == status


def test_a_rate_that_is_too_high_is_answered_with_one_that_fits() -> None:
    found = only(sending_rates(patient({GET: account(SendQuota=SANDBOX)})))
    assert found.status == "wrong"
    assert "rates: {email: {per_second: 1, per_day: 200}}" in found.do


def test_an_account_without_a_quota_has_none_to_exceed() -> None:
    quota = {"Max24HourSend": -1.0, "MaxSendRate": 100.0, "SentLast24Hours": 9e9}
    assert only(sending_rates(patient({GET: account(SendQuota=quota)}, brand(rates=None)))).status == "ok"


@pytest.mark.parametrize(("sent", "status"), [(44_999.0, "ok"), (45_000.0, "warn")])
def test_a_quota_that_is_nearly_used_up_is_told(sent: float, status: str) -> None:
    quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": sent}
    assert only(sending_rates(patient({GET: account(SendQuota=quota)}))).status == status


def test_before_the_first_publish_no_rate_is_known() -> None:
    assert only(sending_rates(patient(releases=nothing_published()))).status == "unknown"
