from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.heard import Heard
from kairos.aws.heard_of import DynamoHeardOf
from kairos.cli.checkup.senders import senders
from tests.cli.checkup.patients import only, parameter, patient
from tests.cli.memory_deployment import NOW

PARAMETERS = ("ssm", "GetParametersByPath")
BUSY: dict[str, Any] = {"times": 99, "events": 500}


def row(heard: Heard) -> dict[str, Any]:
    """Return the row as it is written."""
    written: dict[str, Any] = {}

    class Table:
        def update_item(self, **request: Any) -> None:
            values = request["ExpressionAttributeValues"]
            written.update(request["Key"], revision=values[":revision"], state=values[":state"])

    DynamoHeardOf(Table(), "config").save(heard)
    return written


def found(heard: Heard, settings: str = '{"secrets": ["s3cret"]}') -> Any:
    def query(ExpressionAttributeValues: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's spelling
        return {"Items": [row(heard)] if ExpressionAttributeValues[":kind"] == {"S": "heard"} else []}

    answers = {("dynamodb", "Query"): query, PARAMETERS: {"Parameters": [parameter(Value=settings)]}}
    return senders(patient(answers))


def heard(hours_ago: float, **more: Any) -> Heard:
    return Heard("shopify", "main", event_at=NOW - timedelta(hours=hours_ago), **{**BUSY, **more})


@pytest.mark.parametrize(("hours_ago", "status"), [(2, "ok"), (30, "warn")])
def test_a_sender_that_fell_silent_is_worth_knowing(hours_ago: float, status: str) -> None:
    finding = only(found(heard(hours_ago)))
    assert (finding.status, "shopify/main" in finding.says) == (status, True)


def test_the_owner_may_allow_a_silence() -> None:
    assert only(found(heard(30), '{"secrets": ["s"], "silent_after": "never"}')).status == "ok"


@pytest.mark.parametrize(
    ("last", "status"),
    [(heard(30), "wrong"), (heard(2), "warn"), (Heard("shopify", "main"), "wrong")],
    ids=["silent", "others came", "never an event"],
)
def test_one_whose_webhooks_are_refused_says_why_and_what_to_do(last: Heard, status: str) -> None:
    finding = only(found(last.with_refusals(3, NOW - timedelta(hours=1), "the signature proves nothing")))
    assert finding.status == status
    assert "the signature proves nothing" in finding.says
    assert "kairos connect shopify main" in finding.do


def test_one_that_is_connected_no_more_is_nobodys_matter() -> None:
    finding = only(found(Heard("calcom", "former", event_at=NOW - timedelta(days=9), **BUSY)))
    assert (finding.status, "calcom" in finding.says) == ("ok", False)
