from __future__ import annotations

import pytest

from kairos.cli.checkup.alarms import alarm_mail, alarms
from tests.cli.checkup.patients import SUBSCRIPTION, alarm, only, patient, refusal, statuses

DESCRIBE = ("cloudwatch", "DescribeAlarms")
LIST = ("sns", "ListSubscriptionsByTopic")
PENDING = SUBSCRIPTION | {"SubscriptionArn": "PendingConfirmation"}


def test_an_alarm_that_rings_says_what_its_description_says() -> None:
    rings = alarm(StateValue="ALARM")
    found = only(alarms(patient({DESCRIBE: {"MetricAlarms": [alarm(), rings]}})))
    assert (found.status, found.do) == ("wrong", "See whether the rule is enabled.")
    assert "kairos-prod-SweepSilent rings" in found.says


def test_an_alarm_without_data_does_not_ring() -> None:
    silent = alarm(StateValue="INSUFFICIENT_DATA")
    assert only(alarms(patient({DESCRIBE: {"MetricAlarms": [silent]}}))).status == "ok"


def test_a_silenced_alarm_is_worth_knowing() -> None:
    found = statuses(alarms(patient({DESCRIBE: {"MetricAlarms": [alarm(ActionsEnabled=False)]}})))
    assert found == ["warn", "ok"]


@pytest.mark.parametrize(("stage", "status"), [("prod", "wrong"), ("local", "unknown")])
def test_no_alarms_are_wrong_but_where_none_are_played(stage: str, status: str) -> None:
    one = patient({DESCRIBE: {"MetricAlarms": []}}, stage=stage)
    assert (only(alarms(one)).status, only(alarm_mail(one)).status) == (status, status)


@pytest.mark.parametrize(
    ("rows", "status"), [([], "warn"), ([PENDING], "wrong"), ([PENDING, SUBSCRIPTION], "ok"), ([SUBSCRIPTION], "ok")]
)
def test_somebody_must_have_confirmed_to_hear_alarms(rows: list[dict[str, str]], status: str) -> None:
    assert only(alarm_mail(patient({LIST: {"Subscriptions": rows}}))).status == status


def test_a_topic_that_is_gone_is_wrong() -> None:
    assert only(alarm_mail(patient({LIST: refusal("NotFound")}))).status == "wrong"
    assert only(alarm_mail(patient({DESCRIBE: {"MetricAlarms": [alarm(AlarmActions=[])]}}))).status == "wrong"
