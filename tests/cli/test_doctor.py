"""`kairos doctor`: what is wrong and what to do, for people and for machines."""

from __future__ import annotations

import json

import pytest

from tests.cli.checkup.patients import OneRelease, bundle, limits, nothing_published, patient, refusal
from tests.cli.memory_deployment import MemoryDeployment, Run

SETTINGS = ("lambda", "GetAccountSettings")


def test_who_is_well_is_told_so(kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.patient = patient()
    assert kairos("doctor", "--stage", "prod") == 0
    said = capsys.readouterr().out
    assert "ok      published       1 of 1 journeys run\n" in said
    assert said.splitlines()[-1].endswith(" ok, 0 warn, 0 wrong, 0 unknown")
    assert deployment.asked_for[0].stage == "prod"


def test_what_is_wrong_is_told_with_what_to_do_and_fails(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.patient = patient(releases=OneRelease(bundle(), stopped=True))
    assert kairos("doctor") == 1
    assert "wrong   published       everything is stopped" in (said := capsys.readouterr().out)
    assert "→ kairos start-all --stage prod\n" in said


@pytest.mark.parametrize(("answer", "counted"), [(refusal("AccessDenied"), "1 unknown"), (limits(100), "1 warn")])
def test_what_is_unknown_or_worth_knowing_is_no_failure(
    answer: object, counted: str, kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.patient = patient({SETTINGS: answer})
    assert kairos("doctor") == 0
    assert counted in capsys.readouterr().out.splitlines()[-1]


def test_machines_get_one_object(kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.patient = patient(releases=nothing_published())
    assert kairos("doctor", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["stage"], report["at"]) == ("prod", "2026-11-22T03:00:00+00:00")
    first = report["findings"][0]
    assert (first["check"], first["status"], first["says"]) == ("published", "wrong", "nothing is published")
    assert "kairos publish --all" in first["do"]
    assert report["counts"]["wrong"] == 1
    assert sum(report["counts"].values()) == len(report["findings"])
