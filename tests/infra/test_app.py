"""The stack as a whole: names, outputs, stages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aws_cdk import App

from infra.app import build, synthesise
from tests.infra.deployed import Deployed

OUTPUTS = {
    "CustomersTable",
    "IdentitiesTable",
    "ContactsTable",
    "SuppressionsTable",
    "MessagesTable",
    "ConfigTable",
    "ReleasesBucket",
    "ConnectionsPrefix",
    "IdentitySecretArn",
    "InboxUrl",
    "InboxArn",
    "ParkedUrl",
    "OutboxTransactionalUrl",
    "OutboxMarketingUrl",
    "EffectsDlqUrl",
    "ScheduleGroup",
    "ScheduleRoleArn",
    "ScheduleDlqArn",
    "ConfigurationSet",
    "PublicUrl",
    "PublishFunction",
    "ContactsKeyArn",
}


def test_logical_ids_are_made_of_words_and_no_hash(prod: Deployed) -> None:
    hashed = [name for name in prod.template["Resources"] if re.search(r"[0-9A-F]{8}$", name)]
    assert hashed == []


def test_a_stage_changes_no_logical_id(prod: Deployed, local: Deployed) -> None:
    only_when_asked = {"EmailIdentity", "AlarmTopicownerexamplecom", "LinkDomain", "LinkDomainMapping"}
    assert set(prod.template["Resources"]) - only_when_asked == set(local.template["Resources"])


def test_the_command_line_finds_every_name_it_needs(local: Deployed) -> None:
    assert set(local.template["Outputs"]) >= OUTPUTS


def test_an_output_means_what_the_environment_variable_means(local: Deployed) -> None:
    deliver = local.properties("DeliverFunction")["Environment"]["Variables"]
    for output, variable in (
        ("ContactsTable", "KAIROS_CONTACTS_TABLE"),
        ("OutboxMarketingUrl", "KAIROS_OUTBOX_MARKETING_URL"),
        ("IdentitySecretArn", "KAIROS_IDENTITY_SECRET_ARN"),
        ("PublicUrl", "KAIROS_PUBLIC_URL"),
    ):
        assert local.template["Outputs"][output]["Value"] == deliver[variable]


def test_a_stack_is_named_by_its_stage(prod: Deployed, local: Deployed) -> None:
    assert prod.path.name == "Kairos-prod.template.json"
    assert local.path.name == "Kairos-local.template.json"


def test_synthesis_is_repeatable(local: Deployed, tmp_path: Path) -> None:
    again, first = (_without_asset_hashes(path) for path in (synthesise("local", tmp_path), local.path))
    assert again == first


def _without_asset_hashes(template: Path) -> str:
    return re.sub(r"[0-9a-f]{64}\.zip", "", template.read_text())


def test_what_cdk_json_keeps_for_a_stage_is_said_for_that_stage_only() -> None:
    kept = {"prod": {"alarm_email": "kept@example.com", "region": "us-west-2"}, "dev": {"region": "eu-west-1"}}
    context = {"stages": kept, "stage": "prod", "aws:cdk:bundling-stacks": []}
    stack = build(App(context=context))
    assert stack.region == "us-west-2"
    assert [child.node.id for child in stack.node.find_child("AlarmTopic").node.children if "@" in child.node.id] == [
        "kept@example.com"
    ]


@pytest.mark.parametrize("name", ["Prod", "1st", "with space", "a" * 21, "under_score", "-x", "봄"])
def test_a_stage_whose_names_aws_would_refuse_is_refused_first(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="use a small letter"):
        synthesise(name, tmp_path)
