"""SMS by SNS: the sandbox, and the monthly limit at which SNS stops sending without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Patient

NEW_ACCOUNT_USD = 1.0
"""A new account's limit: https://docs.aws.amazon.com/sns/latest/dg/channels-sms-awssupport-spend-threshold.html."""
NEARLY = 0.8


def sms_sandbox(patient: Patient) -> Iterator[Finding]:
    """Ask whether the account may write to numbers that are not verified."""
    if spared := _spared(patient):
        yield spared
    elif patient.ask("sns", "GetSMSSandboxAccountStatus")["IsInSandbox"]:
        page = patient.console("sns/v3/home#/mobile/text-messaging")
        says = "the account is in the SMS sandbox: only verified numbers get a message"
        do = f"Exit SMS sandbox: {page}"
        yield wrong(says, do) if patient.is_prod else warn(says, do)
    else:
        yield ok("the account has left the SMS sandbox")


def sms_spending(patient: Patient) -> Iterator[Finding]:
    """Ask how much of the monthly limit is used up."""
    if spared := _spared(patient):
        yield spared
        return
    attributes = patient.ask("sns", "GetSMSAttributes", attributes=["MonthlySpendLimit"]).get("attributes", {})
    limit = float(attributes.get("MonthlySpendLimit") or NEW_ACCOUNT_USD)
    spent = _spent(patient)
    page = patient.console("servicequotas/home/services/sns/quotas")
    says = f"{spent:,.2f} of {limit:,.2f} USD are spent on text messages this month"
    raise_it = (
        f"ask for a higher limit: {page}; then {patient.aws('sns set-sms-attributes --attributes MonthlySpendLimit=…')}"
    )
    if spent >= limit:
        yield wrong(f"{says}: SNS sends no more", raise_it)
    elif spent >= NEARLY * limit or limit <= NEW_ACCOUNT_USD:
        yield warn(says, raise_it)
    else:
        yield ok(says)


def _spared(patient: Patient) -> Finding | None:
    if patient.is_local:
        return unknown("the local cloud has neither sandbox nor bill for text messages")
    return None if patient.sends("sms") else ok("no live template has a text message")


def _spent(patient: Patient) -> float:
    """Return what CloudWatch last heard of this month's spending, in USD; 0 where it heard nothing."""
    answer = patient.ask(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace="AWS/SNS",
        MetricName="SMSMonthToDateSpentUSD",
        StartTime=max(patient.now.replace(day=1, hour=0, minute=0, second=0), patient.now - timedelta(days=3)),
        EndTime=patient.now,
        Period=3600,
        Statistics=["Maximum"],
    )
    points = sorted(answer.get("Datapoints", ()), key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) if points else 0.0
