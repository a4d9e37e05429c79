"""The rule packs, and proof that they are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_sqs as sqs
from cfnlint import api  # type: ignore[import-untyped]  # it ships no types

from infra.app import build
from infra.checks import check
from tests.infra.deployed import Deployed


def test_both_rule_packs_pass_with_every_departure_explained(prod: Deployed) -> None:
    assert prod.path.with_name("validation-report.json").exists(), "no rule pack has looked at this template"


def test_a_resource_that_breaks_a_rule_stops_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), context={"stage": "prod", "aws:cdk:bundling-stacks": []})
    stack = build(app)
    sqs.Queue(stack, "OpenQueue")
    check(app, stack)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_cloudformation_accepts_the_template(prod: Deployed) -> None:
    # W3005: the CDK names what a function depends on although the role it refers to implies it.
    options = {"ignore_checks": ["W3005"], "regions": ["ap-northeast-2"]}
    findings = api.lint(prod.path.read_text(), config=options)
    assert [str(finding) for finding in findings] == []
