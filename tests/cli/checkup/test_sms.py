from __future__ import annotations

import pytest

from kairos.cli.checkup.sms import sms_sandbox, sms_spending
from tests.cli.checkup.patients import OneRelease, bundle, only, patient, refusal, spent

SPENT = ("cloudwatch", "GetMetricStatistics")
LIMIT = ("sns", "GetSMSAttributes")


@pytest.mark.parametrize(("stage", "status"), [("prod", "wrong"), ("dev", "warn")])
def test_the_sandbox_is_wrong_for_customers(stage: str, status: str) -> None:
    boxed = {("sns", "GetSMSSandboxAccountStatus"): {"IsInSandbox": True}}
    assert only(sms_sandbox(patient(boxed, stage=stage))).status == status


def test_a_brand_without_text_messages_is_asked_nothing() -> None:
    mail_only = OneRelease(bundle(templates={"hello": {"email": {}}}))
    silent = {call: refusal("Unasked") for call in (SPENT, LIMIT, ("sns", "GetSMSSandboxAccountStatus"))}
    one = patient(silent, mail_only)
    assert (only(sms_sandbox(one)).status, only(sms_spending(one)).status) == ("ok", "ok")


@pytest.mark.parametrize(("dollars", "status"), [(79.99, "ok"), (80.0, "warn"), (99.99, "warn"), (100.0, "wrong")])
def test_the_month_is_told_before_its_money_is_gone(dollars: float, status: str) -> None:
    found = only(sms_spending(patient({SPENT: spent(dollars)})))
    assert found.status == status
    assert f"{dollars:.2f} of 100.00 USD" in found.says


def test_the_dollar_of_a_new_account_is_too_little() -> None:
    found = only(sms_spending(patient({LIMIT: {"attributes": {}}, SPENT: {"Datapoints": []}})))
    assert (found.status, found.says[:12]) == ("warn", "0.00 of 1.00")


def test_the_local_cloud_has_no_bill() -> None:
    assert only(sms_spending(patient({SPENT: spent(500)}, stage="local"))).status == "unknown"
