"""`explain --at`: what had been decided by a past instant, and what knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.archive import Decided, records
from kairos.domain.budget import BUDGETS
from kairos.domain.errors import Unavailable
from kairos.domain.profile import Profile, Written
from kairos.domain.reason import Reason
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT = BUDGETS["log"].most


@pytest.fixture
def deployment() -> MemoryDeployment:
    """Return one whose customer was decided on every hour for four days, and whose item keeps the last forty."""
    deployment = MemoryDeployment()
    told = [Reason(NOW - hours * HOUR, PROFILE, "not_sent", f"reason {hours}", "cart", 1) for hours in range(96, 0, -1)]
    for number, reason in enumerate(told):
        put(deployment, reason, number)
    deployment.keep(Profile(PROFILE, NOW - 5 * DAY, log=tuple(told[-KEPT:])))
    return deployment


def put(deployment: MemoryDeployment, reason: Reason, version: int) -> None:
    written = Written(version=version, release="r" * 12, at=reason.at, reasons=(reason,))
    deployment.archive.put(list(records(Decided(reason.profile, written), ZoneInfo("UTC"))))
    deployment.archive.close(reason.at)


def explained(kairos: Run, capsys: pytest.CaptureFixture[str], at: datetime, *more: str) -> str:
    assert kairos("explain", PROFILE, "--at", at.isoformat(), *more) == 0
    return " ".join(capsys.readouterr().out.split())


def told(text: str) -> list[int]:
    return [int(part.split()[0]) for part in text.split("reason ")[1:]]


def test_the_item_answers_where_it_knows_all_of_that_time(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(kairos, capsys, NOW - 2 * HOUR)
    assert "from the customer's item, which knows all of that time" in text
    assert told(text) == list(range(KEPT, 1, -1))


def test_the_archive_answers_where_the_item_has_forgotten(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(kairos, capsys, NOW - 50 * HOUR)
    assert "from the archive" in text
    assert "(25 objects), and the customer's item; --back says how much further to look" in text
    assert told(text) == list(range(74, 49, -1))


def test_where_the_item_knows_the_end_alone_the_archive_completes_it(
    kairos: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(explained(kairos, capsys, NOW - 30 * HOUR)) == list(range(54, 29, -1))


def test_back_says_how_far_to_look(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(explained(kairos, capsys, NOW - 50 * HOUR, "--back", "3h")) == [53, 52, 51, 50]
    assert kairos("explain", PROFILE, "--at", NOW.isoformat(), "--back", "401d") == 1
    assert "--back is at most 400d" in capsys.readouterr().err


def test_an_archive_without_that_time_leaves_what_the_item_keeps(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.archive.objects.clear()
    text = explained(kairos, capsys, NOW - 50 * HOUR)
    assert f"from the customer's item, which keeps the last {KEPT}: the archive holds nothing of that time" in text
    assert "nothing was decided by then, as far as is known" in text


def test_an_archive_that_may_not_be_read_is_said_and_the_item_is_told(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.archive = Closed()  # type: ignore[assignment]
    text = explained(kairos, capsys, NOW - 30 * HOUR)
    assert "which keeps the last 40: archive is unavailable: AccessDenied" in text
    assert told(text) == list(range(KEPT, 29, -1))


class Closed:
    """An archive of somebody who may not read it."""

    def names(self, hour: datetime) -> Sequence[str]:
        raise Unavailable("archive", "AccessDenied")


def test_what_a_former_profile_was_decided_is_found_under_its_own_id(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    known: Any = deployment.customers.read(PROFILE)
    deployment.customers.profiles[PROFILE] = replace(known, former=(PROFILE, "former"))
    put(deployment, Reason(NOW - 3 * HOUR, "former", "not_sent", "reason 1000", "cart", 1), 7)
    assert 1000 in told(explained(kairos, capsys, NOW - 2 * HOUR))
