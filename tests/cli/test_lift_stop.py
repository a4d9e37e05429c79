from __future__ import annotations

import pytest

from kairos.cli.failure import CannotDo
from kairos.cli.lift_stop import lift_stop
from tests.cli.memory_deployment import NOW, MemoryDeployment


def test_a_stop_is_lifted_and_what_it_was_is_said(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lift_stop(deployment, "email") == 0
    assert "is not stopped" in capsys.readouterr().out
    deployment.complaints.note_sent("email", 2_000, NOW)
    deployment.complaints.note_complaint("email", "e1", NOW)
    deployment.complaints.stop("email", NOW)
    assert lift_stop(deployment, "email") == 0
    assert "1 complaints of 2,000" in capsys.readouterr().out
    assert deployment.complaints.read("email", NOW).stopped_at is None


def test_nothing_else_is_ever_stopped_so(deployment: MemoryDeployment) -> None:
    with pytest.raises(CannotDo):
        lift_stop(deployment, "sms")
