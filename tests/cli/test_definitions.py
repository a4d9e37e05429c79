from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.app.brands import brand, journey, template, write_brand
from tests.cli.memory_deployment import MemoryDeployment, Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def write_files(folder: Path, **other: Any) -> Path:
    korean = {"email": {"subject": "{{ first_name | default: '고객' }}님", "text": "봄날"}}
    files = {"brand.yaml": brand(name="봄날 상점"), "journeys/welcome.yaml": journey(), "templates/hello.yaml": korean}
    return write_brand(folder, files | other)


def test_a_valid_folder_is_said_to_be(kairos: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("validate", folder) == 0
    assert capsys.readouterr().out == "valid: journeys 1, segments 0, templates 1, sources 0\n"


def test_every_problem_is_a_line_on_stderr(kairos: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(folder, **{"journeys/welcome.yaml": journey(steps=[{"send": "helo"}, {"wait": "30"}])})
    assert kairos("validate", folder) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert (
        "error   journeys/welcome.yaml:6:3: steps.0.send: no template is called 'helo'; did you mean 'hello'?\n" in err
    )
    assert "error   journeys/welcome.yaml:7:3: steps.1.wait: '30' is no duration: the unit is missing" in err
    assert err.endswith("2 problems\n")


def test_what_is_missing_to_go_live_is_remarked(kairos: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(folder, **{"brand.yaml": {"name": "x", "timezone": "UTC"}})
    assert kairos("validate", folder) == 0
    assert "to go live  brand.yaml:1:1: sender.email: is missing" in capsys.readouterr().err


def test_push_writes_drafts_and_nothing_else(kairos: Run, folder: Path, deployment: MemoryDeployment) -> None:
    assert kairos("push", folder) == 0
    assert set(deployment.drafts.documents) == {("brand", "brand"), ("journey", "welcome"), ("template", "hello")}
    assert deployment.releases.pointer() is None


def test_push_shows_what_changed(
    kairos: Run, folder: Path, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("push", folder)
    assert "+ journey/welcome (new)" in capsys.readouterr().out
    write_files(folder, **{"journeys/welcome.yaml": journey(holdout="5%")})
    kairos("push", folder)
    told = capsys.readouterr().out
    assert "~ journey/welcome" in told
    assert '+  "holdout": "5%",' in told
    assert "1 of 3 definitions written" in told
    kairos("push", folder)
    assert capsys.readouterr().out == "the drafts are the same already\n"


def test_korean_stays_korean(
    kairos: Run, folder: Path, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    kairos("push", folder)
    write_files(folder, **{"templates/hello.yaml": {"email": {"subject": "여름", "text": "봄날"}}})
    kairos("push", folder)
    assert '"subject": "여름"' in capsys.readouterr().out
    assert deployment.drafts.documents["brand", "brand"]["name"] == "봄날 상점"


def test_a_dry_run_writes_nothing(
    kairos: Run, folder: Path, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("push", folder, "--dry-run") == 0
    assert deployment.drafts.documents == {}
    assert "3 of 3 definitions would change" in capsys.readouterr().out


def test_an_invalid_folder_is_not_pushed_and_nobody_is_asked(
    kairos: Run, folder: Path, deployment: MemoryDeployment
) -> None:
    write_files(folder, **{"journeys/welcome.yaml": {"id": "welcome"}})
    assert kairos("push", folder) == 1
    assert deployment.drafts.documents == {}
    assert deployment.asked_for == []


def test_a_template_keeps_its_order_of_channels_as_a_draft(
    kairos: Run, folder: Path, deployment: MemoryDeployment
) -> None:
    sms_first = {"sms": {"text": "x"}, "email": {"subject": "x", "text": "x"}}
    kairos("push", write_files(folder, **{"templates/hello.yaml": sms_first}))
    assert deployment.drafts.documents["template", "hello"]["channels"] == ["sms", "email"]


def test_drafts_that_the_folder_has_not_stay_and_are_told(
    kairos: Run, folder: Path, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "by-hand", template())
    kairos("push", folder)
    assert "? template/by-hand is a draft there and not in the folder; it stays" in capsys.readouterr().out
    assert ("template", "by-hand") in deployment.drafts.documents


def test_the_schema_is_printed_as_json(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("schema", "journey") == 0
    jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out)).validate(journey())
    assert kairos("schema", "flow") == 1
    assert "there are: brand, journey, segment, template" in capsys.readouterr().err
