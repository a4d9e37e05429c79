from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.ports import Identifier
from kairos.domain.profile import Consent, Enrollment, Entry, Message, Planned, Profile
from kairos.domain.reason import Reason
from tests.app.brands import journey, small_drafts
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run

HOUR = timedelta(hours=1)


def message(id: str, channel: str, template: str, **other: Any) -> Message:
    place = {"enrollment": "e1", "journey": "welcome", "version": 1, "step": "hello-1", "subject": "s"}
    times = {"due": NOW, "expires_at": NOW + 24 * HOUR}
    return Message(id=id, channel=channel, template=template, marketing=True, **place, **times, **other)  # type: ignore[arg-type]


def reason(kind: str, why: str, **other: Any) -> Reason:
    return Reason(NOW, PROFILE, kind, why, journey="welcome", version=1, **other)


def customer() -> Profile:
    entry = Entry("booking", "b1", NOW + 9 * HOUR, None, {"service": "cut"}, NOW)
    return Profile(
        PROFILE,
        NOW,
        traits={"tier": "vip", "이름표": "단골"},
        reach={"email": True, "sms": False},
        consents={("email", "marketing"): Consent(True, NOW, "shopify/main")},
        entries={entry.key: entry},
        enrollments={
            "e1": Enrollment("e1", "welcome", 1, "s", NOW, NOW, node="wait-1", due=NOW + HOUR),
            "e2": Enrollment("e2", "care", 2, "b1", NOW, NOW, plan={"reminder-1": Planned(NOW + 7 * HOUR)}),
            "e3": Enrollment("e3", "other", 1, "x", NOW, NOW, ended_at=NOW, holdout=True),
        },
        messages={
            "m1": message("m1", "email", "hello", state="asked", asks=1, check_at=NOW + HOUR),
            "m2": message("m2", "sms", "offer", state="held", until=NOW + 2 * HOUR, reason="quiet hours"),
        },
        sent=(("email", NOW, "m0"),),
        log=(
            reason("entered", "signed_up", subject="s"),
            reason("held", "quiet hours", channel="sms", template="offer", due=NOW + 2 * HOUR),
        ),
    )


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.keep(customer(), Identifier("email", "kim@example.com"))
    deployment.contacts.put(PROFILE, "profile", {"email": "kim@example.com", "first_name": "민지"}, NOW)
    return deployment


def test_a_customer_is_shown_with_what_comes_next_in_order(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("show", PROFILE) == 0
    told = capsys.readouterr().out
    next_ones = [line.split("   ")[1:] for line in told.split("comes next\n")[1].splitlines()[:3]]
    assert [[cell.strip() for cell in line if cell.strip()] for line in next_ones] == [
        ["welcome", "goes on from wait-1"],
        ["welcome", "sms offer, held: quiet hours"],
        ["care", "reminder-1"],
    ]
    for text in ("vip", "단골", "email marketing", "given", "booking b1", "service: cut", "held out", "asked once"):
        assert text in told


def test_who_it_is_stays_hidden_unless_asked_for(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    kairos("show", "kim@example.com")
    hidden = "".join(capsys.readouterr())
    assert "kim@example.com" not in hidden
    assert "민지" not in hidden
    kairos("show", PROFILE, "--contacts")
    told = capsys.readouterr().out
    assert "kim@example.com" in told
    assert "민지" in told


def test_a_paused_journey_is_said_to_stand_still(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts = small_drafts(("journey", "welcome", journey()))
    kairos("publish", "welcome")
    kairos("pause", "welcome")
    capsys.readouterr()
    kairos("show", PROFILE)
    told = capsys.readouterr().out
    assert "standing still: paused or stopped" in told
    assert "times in Asia/Seoul" in told
    assert "2026-11-22 13:00:00" in told


def test_explain_tells_each_decision_with_its_reason(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("explain", "kim@example.com") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "2026-11-22 03:00:00  entered   welcome v1 [s]: signed_up"
    assert lines[2] == "2026-11-22 03:00:00  held      welcome v1 sms offer until 2026-11-22 05:00:00: quiet hours"


def test_explain_says_when_there_is_nothing(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.keep(Profile("b" * 26, NOW))
    assert kairos("explain", "b" * 26) == 0
    assert "nothing was decided" in capsys.readouterr().out
