"""`kairos suppressions`: refusals that reached somebody else stop an address, and tell whoever is known by it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kairos.app.consents import Word
from kairos.app.ports import Identifier
from kairos.domain.consent import Consent
from kairos.domain.profile import Profile
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run, runner

PHONE = "+821055500143"
LIST_080 = "번호,일시,메모\n010-5550-0143,2026-11-20 21:30:05,자동\n01055500144,2026-11-21 09:00:00,\n,,빈줄\n"


@pytest.fixture
def deployment() -> MemoryDeployment:
    there = MemoryDeployment()
    there.drafts.put("brand", "brand", {"name": "Shop", "timezone": "Asia/Seoul", "country": "KR"})
    assert there.command({"command": "publish", "all": True})["ok"]
    there.keep(Profile(PROFILE, NOW), Identifier("phone", PHONE))
    return there


@pytest.fixture
def kairos(deployment: MemoryDeployment) -> Run:
    return runner(deployment)


def test_a_carriers_list_stops_texts_and_kakao_as_of_its_own_times(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "080.csv"
    file.write_bytes(LIST_080.encode("cp949"))
    assert kairos("suppressions", "import", file, "--source", "080", "--json") == 1, "a line without an address is said"
    assert json.loads(capsys.readouterr().out) == {"stops": 4, "people": 1, "lines_without_address": [4]}
    refused = datetime(2026, 11, 20, 12, 30, 5, tzinfo=UTC)
    for channel in ("sms", "kakao"):
        assert deployment.suppressions.suppressed(channel, PHONE) == {"marketing"}
        assert deployment.suppressions.suppressed(channel, "+821055500144") == {"marketing"}
        later = refused + timedelta(seconds=1)
        assert deployment.suppressions.suppressed(channel, PHONE, later) == frozenset(), "a later consent lifts it"
        assert deployment.suppressions.suppressed(channel, PHONE, refused) == {"marketing"}
    assert deployment.suppressions.suppressed("email", PHONE) == frozenset()


def test_who_is_known_by_the_address_is_told_once_and_nobody_is_made_of_one_that_is_not(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path
) -> None:
    file = tmp_path / "080.txt"
    file.write_text(LIST_080, "utf-8")
    for _ in range(2):
        kairos("suppressions", "import", file, "--source", "080", "--channel", "sms")
    (message,) = deployment.inbox.waiting()
    (event,) = message.events
    assert (message.profile, event.name, event.source) == (PROFILE, "consent_withdrawn", "080")
    assert event.consent is not None
    assert (event.consent.channel, event.consent.proof) == ("sms", "080")
    assert not event.historical, "a notice of the result is due"
    assert deployment.suppressions.suppressed("kakao", PHONE) == frozenset()


def test_a_firm_stop_is_lifted_by_no_consent_and_may_be_of_everything(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path
) -> None:
    file = tmp_path / "stop.csv"
    file.write_text("ann@example.com\nANN@example.com\n", "utf-8")
    assert kairos("suppressions", "import", file, "--firm", "--purpose", "all") == 0
    assert deployment.suppressions.suppressed("email", "ann@example.com", NOW + timedelta(days=9)) == {"all"}
    assert len(deployment.suppressions.rows) == 1


def test_whoever_answered_stop_to_sns_is_stopped_here_too(deployment: MemoryDeployment, kairos: Run) -> None:
    deployment.opted_out = [PHONE, "not a number"]
    assert kairos("suppressions", "import", "--from-sns") == 0
    assert deployment.suppressions.suppressed("sms", PHONE) == {"marketing"}
    (message,) = deployment.inbox.waiting()
    assert {event.source for event in message.events} == {"sns"}


def test_a_list_that_is_read_every_day_tells_once(deployment: MemoryDeployment, kairos: Run) -> None:
    refused = {("sms", "marketing"): Consent(False, NOW), ("kakao", "marketing"): Consent(False, NOW)}
    deployment.customers.profiles[PROFILE] = Profile(PROFILE, NOW, consents=refused, version=1)
    deployment.opted_out = [PHONE]
    assert kairos("suppressions", "import", "--from-sns") == 0
    assert deployment.inbox.waiting() == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("list.csv", "--from-sns"), 2),
        (("empty.csv",), 1),
        (("list.csv", "--channel", "fax"), 1),
        (("list.csv", "--purpose", "some"), 1),
        (("missing.csv",), 1),
    ],
)
def test_what_cannot_be_meant_is_refused(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    (tmp_path / "list.csv").write_text("ann@example.com\n", "utf-8")
    (tmp_path / "empty.csv").write_text("nobody\n", "utf-8")
    given = [tmp_path / each if each.endswith(".csv") else each for each in arguments]
    assert kairos("suppressions", "import", *given) == code
    assert deployment.suppressions.rows == {}


def test_what_is_kept_of_an_address_is_shown_though_nobody_is_known_by_it(
    deployment: MemoryDeployment, kairos: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.suppressions.suppress("email", "gone@example.com", "marketing", "erased", NOW)
    hashed = deployment.suppressions.hash_address("gone@example.com")
    deployment.consents.note([Word(hashed, "e", NOW, NOW, "email", "marketing", given=False, source="preferences")])
    assert kairos("suppressions", "show", "gone@example.com", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["stops"] == {"email": ["marketing"]}
    assert [(word["channel"], word["given"], word["source"]) for word in shown["refusals"]] == [
        ("email", False, "preferences")
    ]
    assert kairos("suppressions", "show", "Gone@example.com") == 0
    assert "refused email marketing" in capsys.readouterr().out


def test_what_was_exported_is_read_again_by_a_stack_with_the_same_key(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path
) -> None:
    deployment.keep(replace(Profile(PROFILE, NOW), consents={("sms", "marketing"): Consent(True, NOW)}, version=1))
    deployment.suppressions.suppress("sms", PHONE, "marketing", "unsubscribed", NOW)
    file = tmp_path / "stops.csv"
    assert kairos("suppressions", "export", file) == 0
    assert deployment.suppressions.hash_address(PHONE) in file.read_text("utf-8-sig")
