from __future__ import annotations

from dataclasses import replace

import pytest

from kairos.cli.checkup.patient import PAGES_MAX, Absent, MayNot
from kairos.cli.failure import NotDeployed
from tests.cli.checkup.patients import Aws, OneRelease, healthy, patient, refusal, source


def test_the_same_question_is_asked_once() -> None:
    aws = Aws(healthy())
    one = replace(patient(), client=aws.client)
    assert one.ask("sesv2", "GetAccount") == one.ask("sesv2", "GetAccount")
    assert [operation for _, operation, _ in aws.asked] == ["GetAccount"]


def test_lambda_names_its_place_otherwise_when_it_answers() -> None:
    def answer(Marker: str = "") -> dict[str, object]:  # noqa: N803 - the API's own spelling
        if Marker:
            return {"EventSourceMappings": [source(UUID=f"after {Marker}")]}
        return {"EventSourceMappings": [source()], "NextMarker": "here"}

    one = patient({("lambda", "ListEventSourceMappings"): answer})
    pages = one.pages("lambda", "ListEventSourceMappings", "EventSourceMappings", "Marker")
    assert [[row["UUID"] for row in page] for page in pages] == [["1"], ["after here"]]


def test_a_list_without_end_ends() -> None:
    def answer(NextToken: str = "0", **_: object) -> dict[str, object]:  # noqa: N803 - the API's own spelling
        return {"Schedules": [{"Name": "a"}], "NextToken": str(int(NextToken) + 1)}

    one = patient({("scheduler", "ListSchedules"): answer})
    assert len(list(one.pages("scheduler", "ListSchedules", "Schedules", GroupName="g"))) == PAGES_MAX


@pytest.mark.parametrize("code", ["AccessDenied", "AuthorizationError", "com.amazon#AccessDeniedException"])
def test_every_service_says_no_in_its_own_word(code: str) -> None:
    with pytest.raises(MayNot, match=r"lack the permission ses:GetAccount$"):
        patient({("sesv2", "GetAccount"): refusal(code)}).ask("sesv2", "GetAccount")


def test_what_is_not_there_is_told_apart_from_what_may_not_be_seen() -> None:
    with pytest.raises(Absent):
        patient({("kms", "DescribeKey"): refusal("NotFoundException")}).ask("kms", "DescribeKey", KeyId="x")


def test_an_output_that_the_stack_lacks_is_named() -> None:
    with pytest.raises(NotDeployed, match="no output Nothing: make deploy STAGE=prod"):
        patient().output("Nothing")


def test_pages_of_the_console_are_those_of_the_region() -> None:
    page = patient().console("ses/home#/account")
    assert page == "https://ap-northeast-2.console.aws.amazon.com/ses/home?region=ap-northeast-2#/account"


def test_a_channel_is_sent_by_where_a_live_template_has_a_part_for_it() -> None:
    one = patient(releases=OneRelease({"templates": {"a": {"email": {}}, "b": {"sms": {}}}}))
    assert (one.sends("sms"), one.sends("push")) == (True, False)
