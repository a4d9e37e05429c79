from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


EVERY = {
    "email": {"subject": "Hi", "text": "Hi"},
    "sms": {"text": "Hi"},
    "push": {"title": "Hi", "text": "Hi"},
    "kakao": {"template": "KA1", "text": "#{name}", "variables": {"name": "{{ first_name }}"}},
    "webhook": {"to": "desk", "text": "Hi"},
}
TOKEN = "fcm:" + "a" * 40


@pytest.fixture
def every(deployment: MemoryDeployment) -> MemoryDeployment:
    deployment.drafts = small_drafts(("template", "every", EVERY))
    return deployment


@pytest.mark.parametrize(
    ("to", "more", "channel"),
    [
        ("me@example.com", (), "email"),
        ("+821012345678", (), "sms"),
        ("+821012345678", ("--channel", "kakao"), "kakao"),
        (TOKEN, (), "push"),
        ("webhook", (), "webhook"),
    ],
)
def test_every_channel_has_an_address_that_tests_go_to(
    kairos: Run,
    every: MemoryDeployment,
    to: str,
    more: tuple[str, ...],
    channel: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert kairos("send-test", "every", "--to", to, *more) == 0
    assert f"sent by {channel} " in capsys.readouterr().out
    assert len(every.provider.requests) == 1
    # An e-mail's subject is encoded, and the words of AlimTalk are Kakao's.
    assert channel in ("email", "kakao") or "[TEST]" in str(every.provider.requests[0])
    assert every.ledger.rows == {}
    assert every.inbox.waiting() == []


def test_a_test_goes_to_every_seed_that_the_template_has_a_part_for(
    kairos: Run, every: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    every.drafts = small_drafts(("template", "every", {name: EVERY[name] for name in ("email", "push")}))
    every.drafts.put("brand", "brand", brand(seeds=["a@example.com", "b@example.com", "+821012345678", TOKEN]))
    assert kairos("send-test", "every", "--seeds") == 0
    assert len(every.provider.requests) == 3
    assert "+821012345678: the template has no sms part" in capsys.readouterr().err


def test_one_seed_that_fails_keeps_none_of_the_others_from_theirs(
    kairos: Run, every: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    every.drafts.put("brand", "brand", brand(seeds=["fcm:short", "a@example.com"]))
    assert kairos("send-test", "every", "--seeds") == 1
    assert len(every.provider.requests) == 1
    assert "fcm:short" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("--to", "a@example.com", "--seeds")])
def test_one_says_either_an_address_or_the_seeds(kairos: Run, every: MemoryDeployment, arguments: Any) -> None:
    assert kairos("send-test", "every", *arguments) != 0
    assert every.provider.requests == []


def test_without_seeds_there_is_nobody_to_send_to(
    kairos: Run, every: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("send-test", "every", "--seeds") == 1
    assert "names no `seeds`" in capsys.readouterr().err
