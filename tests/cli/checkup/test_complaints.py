from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.complaints import complaint_rate
from tests.cli.checkup.patients import only, patient

GET = ("dynamodb", "GetItem")


def row(sent: int, complained: int, **more: Any) -> dict[str, Any]:
    day = patient({}).now.strftime("%Y-%m-%d")
    item = {f"s#{day}": {"N": str(sent)}, **more}
    return {"Item": item | ({f"c#{day}": {"SS": [str(n) for n in range(complained)]}} if complained else {})}


@pytest.mark.parametrize(
    ("answer", "status"),
    [({}, "ok"), (row(500, 9), "ok"), (row(10_000, 9), "ok"), (row(10_000, 10), "warn"), (row(10_000, 29), "warn")],
)
def test_a_rate_that_providers_watch_is_worth_knowing(answer: dict[str, Any], status: str) -> None:
    assert only(complaint_rate(patient({GET: answer}))).status == status


def test_a_stop_is_wrong_and_says_how_it_is_lifted() -> None:
    stopped = row(10_000, 30, stopped_at={"S": "2026-11-22T03:00:00.000000Z"})
    found = only(complaint_rate(patient({GET: stopped})))
    assert (found.status, "kairos lift-stop email" in found.do) == ("wrong", True)
    assert "30 complaints of 10,000" in found.says
