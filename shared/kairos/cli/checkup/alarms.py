"""Alarms: which ring now, and whether anybody hears them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Absent, Patient


def alarms(patient: Patient) -> Iterator[Finding]:
    """Ask which alarms ring. Each says in its description what to do first."""
    found = _alarms(patient)
    if not found:
        yield _none(patient)
        return
    for alarm in found:
        if alarm["StateValue"] == "ALARM":
            yield wrong(f"{alarm['AlarmName']} rings", alarm.get("AlarmDescription", "see the dashboard"))
        if not alarm.get("ActionsEnabled", True):
            command = patient.aws(f"cloudwatch enable-alarm-actions --alarm-names {alarm['AlarmName']}")
            yield warn(f"{alarm['AlarmName']} is silenced", command)
    if not any(alarm["StateValue"] == "ALARM" for alarm in found):
        yield ok(f"none of {len(found)} alarms rings")


def alarm_mail(patient: Patient) -> Iterator[Finding]:
    """Ask whether somebody confirmed that alarms may write to them."""
    found = _alarms(patient)
    topics = sorted({arn for alarm in found for arn in alarm.get("AlarmActions", ()) if ":sns:" in arn})
    if not found:
        yield _none(patient)
    for topic in topics:
        try:
            pages = patient.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic)
            rows = [row for page in pages for row in page]
        except Absent:
            yield wrong(f"alarms go to a topic that is gone: {topic}", patient.deploy)
            continue
        yield _heard(patient, rows)
    if found and not topics:
        yield wrong("alarms tell nobody: they have no topic", patient.deploy)


def _heard(patient: Patient, rows: list[Mapping[str, Any]]) -> Finding:
    pending = [row for row in rows if not row["SubscriptionArn"].startswith("arn:")]
    if len(pending) < len(rows):
        return ok(f"alarms reach {len(rows) - len(pending)} subscriber(s)")
    if pending:
        return wrong(
            f"nobody has confirmed the subscription of {', '.join(row['Endpoint'] for row in pending)}: alarms reach "
            "nobody",
            'click the link in "AWS Notification - Subscription Confirmation"; it is good for two days, then '
            f"{patient.console('sns/v3/home#/subscriptions')} → Request confirmation",
        )
    return warn("alarms reach nobody", f"set `alarm_email` in cdk.json, then {patient.deploy}")


def _alarms(patient: Patient) -> list[Mapping[str, Any]]:
    request: dict[str, Any] = {
        "AlarmNamePrefix": f"{patient.prefix}-",
        "AlarmTypes": ["MetricAlarm"],
        "MaxRecords": 100,
    }
    return [row for page in patient.pages("cloudwatch", "DescribeAlarms", "MetricAlarms", **request) for row in page]


def _none(patient: Patient) -> Finding:
    if patient.is_local:
        return unknown("the local cloud plays no alarms")
    return wrong("there are no alarms", patient.deploy)
