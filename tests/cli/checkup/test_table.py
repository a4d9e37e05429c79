from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from kairos.cli import checkup
from kairos.cli.checkup.finding import Finding, ok, wrong
from kairos.cli.checkup.patient import MayNot, Patient
from kairos.cli.checkup.table import CHECKS, examine
from kairos.cli.failure import NotDeployed
from tests.cli.checkup.patients import OneRelease, healthy, patient, refusal


def test_whoever_is_well_hears_so_from_every_check() -> None:
    told = list(examine(patient()))
    assert [one for one in told if one.finding.status != "ok"] == []
    assert {one.check for one in told} == set(CHECKS)


def test_every_check_of_every_file_is_in_the_table() -> None:
    checks = set()
    for module in pkgutil.iter_modules(checkup.__path__):
        loaded = import_module(f"kairos.cli.checkup.{module.name}")
        for _, function in inspect.getmembers(loaded, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters.values())
            is_check = [parameter.annotation for parameter in parameters] == ["Patient"]
            if function.__module__ == loaded.__name__ and is_check and not function.__name__.startswith("_"):
                checks.add(function)
    assert checks == set(CHECKS.values())


@pytest.mark.parametrize("call", sorted(healthy()), ids=lambda call: ".".join(call))
def test_a_permission_that_lacks_is_named_and_costs_no_other_check(call: tuple[str, str]) -> None:
    service, operation = call
    well = list(examine(patient()))
    told = list(examine(patient({call: refusal("AccessDeniedException")})))
    assert {one.check for one in told} == {one.check for one in well}
    action = f"{ {'sesv2': 'ses', 'service-quotas': 'servicequotas'}.get(service, service) }:{operation}"
    lacking = [one.finding for one in told if one.finding.status == "unknown"]
    if operation == "ListAWSDefaultServiceQuotas":  # asked only where the Region's own answer lacks the quota
        assert lacking == []
        return
    assert lacking
    assert all(action in finding.says and action in finding.do for finding in lacking)
    assert [one for one in told if one.finding.status in ("wrong", "warn")] == []


def failing(error: Exception) -> Finding:
    def check(patient: Patient) -> Iterator[Finding]:
        yield ok("so far")
        raise error

    first, second, third = examine(patient(), {"bad": check, "good": lambda patient: iter([wrong("x", "y")])})
    assert (first.finding, third.finding) == (ok("so far"), wrong("x", "y"))
    assert second.finding.status == "unknown"
    return second.finding


def test_what_a_check_found_before_it_failed_is_kept() -> None:
    assert failing(MayNot("kms:DescribeKey")).do.startswith("allow kms:DescribeKey")


def test_an_old_stack_is_told_what_to_deploy() -> None:
    assert "make deploy" in failing(NotDeployed("no output X: make deploy STAGE=prod")).says


def test_throttling_is_told_in_aws_own_words() -> None:
    assert "ThrottlingException" in failing(refusal("ThrottlingException")).says


def test_an_answer_of_another_shape_does_not_quote_what_it_held() -> None:
    finding = failing(KeyError("anna@example.com"))
    assert "KeyError" in finding.says
    assert "anna" not in finding.says


def test_what_the_local_cloud_does_not_play_is_unknown_and_nothing_else() -> None:
    mute = {call: refusal("UnknownOperationException") for call in healthy()}
    told = list(examine(patient(mute, OneRelease({"journeys": {"a": {"live": 1}}, "schema": 1}), stage="local")))
    assert {one.finding.status for one in told if one.check not in ("published", "version")} <= {"unknown", "ok"}
    assert any("local cloud" in one.finding.says for one in told)
