"""Simulations of real customers' states: exported, lived through, summed up, compared, and drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from kairos.cli.simulate import simulate_command
from tests.cli.memory_deployment import MemoryDeployment, Run
from tests.cli.test_forecasts import customer

SENDER = {"name": "Spring", "email": "hello@example.com", "contact": "02-000-0000"}
BRAND = {"name": "Spring", "timezone": "UTC", "country": "KR", "policies": [], "sender": SENDER}
HELLO = {"email": {"subject": "Hi", "text": "x"}}


def folder(path: Path, wait: str, **more: Any) -> Path:
    welcome = {"id": "welcome", "class": "marketing", "trigger": {"event": "signed_up"}, **more}
    welcome["steps"] = [{"wait": wait}, {"send": "hello"}]
    for name, document in {"brand": BRAND, "journeys/welcome": welcome, "templates/hello": HELLO}.items():
        file = path / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document), "utf-8")
    return path


@pytest.fixture
def deployment(tmp_path: Path) -> MemoryDeployment:
    deployment = MemoryDeployment()
    for kind, id, document in (
        ("brand", "brand", BRAND),
        ("template", "hello", HELLO),
        ("journey", "welcome", yaml.safe_load((folder(tmp_path / "live", "5d") / "journeys/welcome.yaml").read_text())),
    ):
        deployment.drafts.put(kind, id, document)
    told = deployment.command({"command": "publish", "all": True})
    assert told["ok"], told
    deployment.keep(customer())
    return deployment


@pytest.fixture
def states(kairos: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    file = tmp_path / "customers.jsonl"
    assert kairos("export", str(file)) == 0
    assert "1 customers written" in capsys.readouterr().out
    return file


def test_an_export_holds_what_the_table_knows_and_no_log(states: Path) -> None:
    head, line = states.read_text("utf-8").splitlines()
    assert head.startswith('{"kairos":"customers"')
    assert "no consent" not in line


def test_customers_go_on_from_where_they_stood_under_the_draft(
    states: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = folder(tmp_path / "draft", "9d")
    assert simulate_command(draft, None, states=states) == 0
    told = capsys.readouterr().out
    assert "03:00:00  message" in told
    assert "2026-11-24" in told


def test_a_summary_counts_by_day_journey_and_channel(
    states: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"event": "signed_up", "profile": "u2", "at": "2026-11-23T00:00:00Z"}\n', "utf-8")
    assert simulate_command(tmp_path / "live", events, states=states, summary=True) == 0
    told = capsys.readouterr().out
    assert "1 messages" in told
    assert "by journey\n          1  welcome" in told
    assert "by channel\n          1  email" in told
    assert "by day\n          1  2026-11-24" in told
    assert "not sent\n          1  welcome: no address" in told


def test_a_draft_is_compared_with_what_was_live(
    states: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "events.jsonl"
    at = {"profile": "u2", "at": "2026-11-23T00:00:00Z"}
    known = {"event": "profile_updated", **at, "traits": {"email": "a@example.com"}}
    agreed = {"event": "consent_given", **at, "channel": "email", "purpose": "marketing"}
    joined = {"event": "signed_up", "profile": "u2", "at": "2026-11-23T01:00:00Z"}
    events.write_text("".join(json.dumps(row) + "\n" for row in (known, agreed, joined)), "utf-8")
    draft = folder(tmp_path / "draft", "6d")
    assert simulate_command(draft, events, states=states, against="live") == 0
    told = capsys.readouterr().out
    assert "draft: 2 messages; live: 2" in told
    assert "welcome: 1 at another time (+24.0 h on average), 1 the same" in told


def test_against_live_needs_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = folder(tmp_path / "draft", "6d")
    events = tmp_path / "events.jsonl"
    events.write_text('{"event": "signed_up", "profile": "u2", "at": "2026-11-23T00:00:00Z"}\n', "utf-8")
    assert simulate_command(draft, events, against="live") == 1
    assert "--against live needs --state" in capsys.readouterr().err
    assert simulate_command(draft, None) == 1


def test_a_picture_is_an_svg_with_a_bar_for_each_day_and_journey(states: Path, tmp_path: Path) -> None:
    picture = tmp_path / "messages.svg"
    assert simulate_command(tmp_path / "live", None, states=states, summary=True, picture=picture) == 0
    drawn = ElementTree.fromstring(picture.read_text("utf-8"))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["2026-11-24 welcome: 1"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"kairos": "other"}', '{"kairos": "customers"}'])
def test_a_file_that_is_no_export_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "customers.jsonl"
    file.write_text(text, "utf-8")
    assert simulate_command(folder(tmp_path / "draft", "6d"), None, states=file) == 1
    assert "was not written by `kairos export`" in capsys.readouterr().err
