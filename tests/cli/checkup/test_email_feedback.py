from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.email_feedback import feedback
from tests.cli.checkup.patients import destination, only, patient, refusal

GET = ("sesv2", "GetConfigurationSetEventDestinations")


def test_without_its_configuration_set_nothing_is_sent() -> None:
    found = only(feedback(patient({("sesv2", "GetConfigurationSet"): refusal("NotFoundException")})))
    assert (found.status, found.do) == ("wrong", "make deploy STAGE=prod")


@pytest.mark.parametrize(
    "destinations",
    [
        [],
        [destination(Enabled=False)],
        [destination(MatchingEventTypes=["SEND", "DELIVERY", "REJECT", "COMPLAINT"])],
        [{"Name": "x", "Enabled": True, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": "t"}}],
    ],
)
def test_a_bounce_that_eventbridge_does_not_hear_of_is_wrong(destinations: list[Any]) -> None:
    found = only(feedback(patient({GET: {"EventDestinations": destinations}})))
    assert found.status == "wrong"
    assert "BOUNCE" in found.says


def test_two_destinations_may_share_the_work() -> None:
    halves = [
        destination(MatchingEventTypes=["SEND", "DELIVERY"]),
        destination(MatchingEventTypes=["BOUNCE", "COMPLAINT", "REJECT"]),
    ]
    assert only(feedback(patient({GET: {"EventDestinations": halves}}))).status == "ok"


def test_a_set_that_is_switched_off_is_wrong() -> None:
    off = {"SendingOptions": {"SendingEnabled": False}}
    first, second = feedback(patient({("sesv2", "GetConfigurationSet"): off}))
    assert (first.status, second.status) == ("wrong", "ok")
