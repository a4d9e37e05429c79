"""The whole of it: a request works through functions, queues, streams and mail, in virtual time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.local import LocalCloud
from tests.local.conftest import START, message, post


def test_a_request_becomes_a_write_an_effect_and_a_mail(cloud: LocalCloud) -> None:
    answer = post(cloud, message("p1", "하나", to="one@example.com"), message("p2", "둘"))
    assert answer.status == 202
    assert cloud.tables["customers"].get("p1") is not None
    (email,) = cloud.emails
    assert (email.subject, email.to, email.text.strip()) == ("하나", ("one@example.com",), "반갑습니다")
    assert email.header("List-Unsubscribe") == "<https://example.com/u/1>"
    assert dict(cloud.invocations) == {"web": 1, "take": 1, "react": 1, "send": 1}
    assert all(len(queue) == 0 for queue in cloud.queues.values())


def test_each_function_sees_its_own_environment_and_nothing_else(cloud: LocalCloud, monkeypatch: Any) -> None:
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "1")
    seen = post(cloud).json()["environment"]
    assert {name for name in seen if not name.startswith(("AWS_", "LAMBDA_", "_"))} - {
        "PATH",
        "LANG",
        "LD_LIBRARY_PATH",
    } == {
        "INBOX_URL",
        "PUBLIC_URL",
        "PLAIN",
        "KAIROS_LOCAL_CLOUD",  # says that receivers on this machine may be called
    }
    assert seen["INBOX_URL"] == cloud.outputs["InboxUrl"]
    assert os.environ["SECRET_OF_THE_MACHINE"] == "1"


def test_the_clock_is_everybodys_and_only_moves_when_told(cloud: LocalCloud) -> None:
    assert datetime.now(UTC) == START
    assert time.time() == START.timestamp()
    cloud.advance(by=timedelta(days=30))
    assert datetime.now(UTC) == START + timedelta(days=30) == cloud.now
    with pytest.raises(ValueError, match="cannot go back"):
        cloud.advance(to=START - timedelta(seconds=1))


def test_advance_wants_exactly_one_of_by_and_to(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="either"):
        cloud.advance()
    with pytest.raises(ValueError, match="either"):
        cloud.advance(by=timedelta(1), to=START)


def test_two_runs_of_one_history_are_the_same_run(template: dict[str, Any]) -> None:
    def run() -> tuple[Any, ...]:
        with LocalCloud(template, START) as cloud:
            for i in range(5):
                post(cloud, message(f"p{i % 2}", f"n{i}", to="x@example.com"))
                cloud.advance(by=timedelta(minutes=7))
            ids = [email.message_id for email in cloud.emails]
            return (
                ids,
                cloud.tables["customers"].items(),
                cloud.tables["notes"].items(),
                [c.site for c in cloud.parts.wire.calls],
            )

    assert run() == run()


def test_state_of_one_function_is_not_anothers_and_is_lost_when_cold(cloud: LocalCloud) -> None:
    assert post(cloud).json()["cold"] is True
    assert post(cloud).json()["cold"] is False
    cloud.cool("web")
    assert post(cloud).json()["cold"] is True


def test_a_function_that_exits_starts_cold_again(cloud: LocalCloud) -> None:
    post(cloud)
    assert post(cloud, exit=True).status == 500
    assert post(cloud).json()["cold"] is True


def test_what_a_function_prints_is_in_the_logs_under_its_request(cloud: LocalCloud) -> None:
    answer = post(cloud, say='{"level": "INFO", "words": "안녕"}')
    (line,) = [line for line in cloud.logs if "안녕" in line.text]
    assert (line.function, line.at, line.request_id) == ("web", START, answer.json()["request"]["id"])
    assert line.fields["words"] == "안녕"


def test_the_context_tells_name_time_left_and_arn(cloud: LocalCloud) -> None:
    seen = post(cloud).json()["request"]
    assert (seen["left"], seen["name"]) == (10_000, "small-web")
    assert seen["arn"].endswith(":function:small-web")


def test_an_invocation_comes_to_lambdas_error_object(cloud: LocalCloud) -> None:
    result = cloud.invoke("web", {"body": '{"raise": "no"}'})
    assert result.error is not None
    assert (result.ok, result.error["errorType"], result.error["errorMessage"]) == (False, "ValueError", "no")
    answer = cloud.session.client("lambda").invoke(
        FunctionName="small-web", Payload=b'{"body": "{\\"raise\\": \\"no\\"}"}'
    )
    assert answer["FunctionError"] == "Unhandled"
    assert b"ValueError" in answer["Payload"].read()


def test_capacity_counts_what_a_history_reads_and_writes(cloud: LocalCloud) -> None:
    post(cloud, message("p1", "a"))
    used = cloud.capacity["customers"]
    assert (used.reads, used.writes) == (0.5, 1.0)
    assert used.requests == {"GetItem": 1, "UpdateItem": 1}


def test_a_month_lives_in_seconds(template: dict[str, Any]) -> None:
    template["Resources"]["Tick"]["Properties"] |= {"State": "ENABLED", "ScheduleExpression": "rate(1 hour)"}
    with LocalCloud(template, START) as cloud:
        begun = time.process_time()
        for i in range(150):
            post(cloud, message(f"p{i % 40}", f"n{i}", to="x@example.com"))
            cloud.advance(by=timedelta(hours=4, minutes=48))
        assert len(cloud.emails) == 150
        assert cloud.now == START + timedelta(days=30)
        assert cloud.invocations["note"] == 150 * 2 + 30 * 24
        assert time.process_time() - begun < 20
