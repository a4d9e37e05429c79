"""The functions: what Lambda is told."""

from __future__ import annotations

from dataclasses import fields

import pytest

from infra.package import ROOT
from infra.stations import STATIONS
from kairos.settings import FUNCTIONS, Settings
from tests.infra.deployed import Deployed, as_list

ALARM_CLOCK = {"INBOX_URL", "INBOX_ARN", "SCHEDULE_GROUP", "SCHEDULE_ROLE_ARN", "SCHEDULE_DLQ_ARN"}
RELEASE = {"CONFIG_TABLE", "RELEASES_BUCKET"}
ROUNDS = {"WALK_ARN", "WALK_ROLE_ARN", "SCHEDULE_GROUP", "SCHEDULE_DLQ_ARN"}
OUTBOXES = {"OUTBOX_TRANSACTIONAL_URL", "OUTBOX_MARKETING_URL", "ANNOUNCEMENTS_URL"}
READS = {
    "ingest": {"IDENTITIES_TABLE", "CONTACTS_TABLE", "SUPPRESSIONS_TABLE", "INBOX_URL", "IDENTITY_SECRET_ARN"}
    | {"CONNECTIONS_PREFIX", "ARCHIVE_STREAM", "BOARD_TABLE", "MESSAGES_TABLE", "SYNC_FUNCTION"}
    | RELEASE,
    "decide": {"CUSTOMERS_TABLE", "PARKED_URL", "ARCHIVE_STREAM", "CONSENTS_TABLE"} | RELEASE,
    "dispatch": ALARM_CLOCK | OUTBOXES | {"EFFECTS_DLQ_URL"},
    "deliver": {"CUSTOMERS_TABLE", "CONTACTS_TABLE", "SUPPRESSIONS_TABLE", "MESSAGES_TABLE", "INBOX_URL"}
    | {
        "IDENTITY_SECRET_ARN",
        "CONFIGURATION_SET",
        "PUSH_APPLICATIONS",
        "PUBLIC_URL",
        "CONNECTIONS_PREFIX",
        "BOARD_TABLE",
    }
    | OUTBOXES
    | RELEASE,
    "publish": RELEASE | ROUNDS | {"PUBLIC_URL", "ANNOUNCEMENTS_SOURCE"},
    "sweep": {"CUSTOMERS_TABLE", "CONFIG_TABLE"} | ALARM_CLOCK | ROUNDS,
    "sync": {"IDENTITIES_TABLE", "CONTACTS_TABLE", "SUPPRESSIONS_TABLE", "INBOX_URL", "IDENTITY_SECRET_ARN"}
    | {"CONNECTIONS_PREFIX", "CONFIG_TABLE", "ARCHIVE_STREAM", "PUBLIC_URL"},
    "walk": {"CUSTOMERS_TABLE", "WALK_INBOX_URL"} | RELEASE | ROUNDS,
    "tally": {"ARCHIVE_BUCKET", "INSIGHTS_TABLE"},
    "learn": {"CUSTOMERS_TABLE", "MESSAGES_TABLE", "PUBLISH_FUNCTION"} | RELEASE,
    "preferences": {"CUSTOMERS_TABLE", "CONTACTS_TABLE", "SUPPRESSIONS_TABLE", "INBOX_URL", "IDENTITY_SECRET_ARN"}
    | RELEASE,
}


def logical_id(station: str) -> str:
    return f"{station.capitalize()}Function"


def test_there_is_a_function_for_each_station_and_no_other(prod: Deployed) -> None:
    assert set(prod.of_type("Lambda::Function")) == {logical_id(name) for name in READS}


@pytest.mark.parametrize("station", sorted(READS))
def test_a_function_is_told_what_it_reads_and_nothing_else(prod: Deployed, station: str) -> None:
    variables = set(prod.properties(logical_id(station))["Environment"]["Variables"])
    always = {"KAIROS_STAGE", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "PYTHONTZPATH"}
    assert variables == always | {f"KAIROS_{name}" for name in READS[station]}


@pytest.mark.parametrize("station", sorted(READS))
def test_a_function_runs_on_arm_and_logs_json_where_it_is_kept_for_a_while(prod: Deployed, station: str) -> None:
    function = prod.properties(logical_id(station))
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == f"functions.{station}.handler"
    assert function["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "WARN",
        "LogGroup": {"Ref": f"{station.capitalize()}Logs"},
    }
    assert prod.properties(f"{station.capitalize()}Logs")["RetentionInDays"] == 30
    assert "ReservedConcurrentExecutions" not in function


@pytest.mark.parametrize("station", sorted(READS))
def test_a_function_is_traced_where_that_was_asked_for_and_nowhere_else(
    prod: Deployed, local: Deployed, station: str
) -> None:
    """X-Ray's two write actions know no resource, and come with the tracing."""
    traces = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert prod.properties(logical_id(station))["TracingConfig"] == {"Mode": "Active"}
    assert traces <= _allowed(prod, station)
    assert "TracingConfig" not in local.properties(logical_id(station))
    assert not traces & _allowed(local, station)


@pytest.mark.parametrize("station", sorted(READS))
def test_no_function_is_stopped_for_going_round(prod: Deployed, station: str) -> None:
    """Lambda's loop detection would stop a message that waits for a token, and a customer with many timers."""
    assert prod.properties(logical_id(station))["RecursiveLoop"] == "Allow"


def test_all_functions_share_one_package_and_all_but_learn_one_layer(prod: Deployed) -> None:
    """numpy and scipy are four times the size of everything else, and only `publish` compiles e-mail: nobody who is
    waited for loads them."""
    functions = prod.of_type("Lambda::Function")
    assert len({str(each["Code"]) for each in functions.values()}) == 1
    layers = {name: each["Layers"] for name, each in functions.items()}
    assert layers.pop("LearnFunction") == [{"Ref": "LearnLayer"}]
    assert layers.pop("PublishFunction") == [{"Ref": "DependencyLayer"}, {"Ref": "PublishLayer"}]
    assert all(each == [{"Ref": "DependencyLayer"}] for each in layers.values())


def test_each_function_has_a_role_of_its_own(prod: Deployed) -> None:
    assert len({str(each["Role"]) for each in prod.of_type("Lambda::Function").values()}) == len(STATIONS)


@pytest.mark.parametrize("station", sorted(READS))
def test_the_handler_is_a_file_that_exists(station: str) -> None:
    assert (ROOT / "functions" / f"{station}.py").is_file()


def test_feedback_that_fails_three_times_is_kept_with_its_error(prod: Deployed) -> None:
    (asynchronous,) = prod.of_type("Lambda::EventInvokeConfig").values()
    assert asynchronous["FunctionName"] == {"Ref": "IngestFunction"}
    assert asynchronous["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FeedbackDlq", "Arn"]}
    assert asynchronous["MaximumRetryAttempts"] == 2


@pytest.mark.parametrize("told", FUNCTIONS, ids=lambda told: told.function)
def test_a_function_is_told_all_that_its_settings_ask_for(told: type[Settings]) -> None:
    asked = {field.name.upper() for field in fields(told)} - {"STAGE"}
    assert set(STATIONS[told.function].reads) == asked


def _allowed(deployed: Deployed, station: str) -> set[str]:
    role = deployed.properties(logical_id(station))["Role"]["Fn::GetAtt"][0]
    return {action for statement in deployed.statements(role) for action in as_list(statement["Action"])}
