from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.brands import brand, small_drafts, template
from tests.cli.memory_deployment import MemoryDeployment, Run

BLANKS = {
    "email": {
        "subject": "Hi {{ first_name }}",
        "text": "{{ total | times: 2 }} {{ entry.starts_at | date: '%Y-%m-%d' }}",
    }
}


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("template", "blanks", BLANKS))
    return deployment


def test_an_email_goes_out_marked_with_samples(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("send-test", "blanks", "--to", "me@example.com") == 0
    (request,) = deployment.provider.requests
    assert request["Destination"] == {"ToAddresses": ["me@example.com"]}
    assert request["EmailTags"] == []
    told = capsys.readouterr().out
    assert "subject: [TEST] Hi [first_name]" in told
    assert "text: 20000 2026-11-23" in told


def test_own_values_fill_the_blanks(kairos: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"first_name": "민지", "total": 7}), encoding="utf-8")
    assert kairos("send-test", "blanks", "--to", "me@example.com", "--data", data) == 0
    told = capsys.readouterr().out
    assert "[TEST] Hi 민지" in told
    assert "text: 14 " in told


def test_a_number_gets_a_text_message(kairos: Run, deployment: MemoryDeployment) -> None:
    assert kairos("send-test", "hello", "--to", "010-1234-5678") == 0
    (request,) = deployment.provider.requests
    assert (request["PhoneNumber"], request["Message"]) == ("+821012345678", "[TEST] Hello")


def test_marketing_shows_the_label_of_the_law(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("brand", "brand", brand(policies=["kr"]))
    assert kairos("send-test", "hello", "--to", "+821012345678", "--marketing") == 0
    assert "(광고)" in deployment.provider.requests[0]["Message"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["nothing", "--to", "me@example.com"], "there are: blanks, hello"),
        (["blanks", "--to", "+821012345678"], "has no sms part"),
        (["hello", "--to", "somewhere"], "--to takes"),
        (["hello", "--to", "me@example.com", "--data", "/nowhere.json"], "nowhere.json"),
    ],
)
def test_what_cannot_be_sent_is_told(
    arguments: list[str], hint: str, kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("send-test", *arguments) == 1
    assert hint in capsys.readouterr().err
    assert deployment.provider.requests == []


def test_an_invalid_draft_is_not_sent(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "hello", template(sms={"text": "{{ open"}))
    assert kairos("send-test", "hello", "--to", "+821012345678") == 1
    assert "is not valid: sms.text" in capsys.readouterr().err


def test_a_blank_that_no_sample_fits_asks_for_data(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "hello", {"sms": {"text": "{{ when | date: '%Y' }}"}})
    assert kairos("send-test", "hello", "--to", "+821012345678") == 1
    assert "--data FILE.json" in capsys.readouterr().err
