"""Mail, texts and what is reported about them."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud
from kairos.local.mail import Email
from tests.local.conftest import START, message, post


def send(cloud: LocalCloud, to: str = "x@example.com", **changes: Any) -> Any:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "봄날 <hello@example.com>", to, "봄이 왔어요"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("안녕하세요")
    mail.add_alternative("<p>안녕하세요</p>", subtype="html")
    params = {
        "FromEmailAddress": "hello@example.com",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": mail.as_bytes()}},
        "ConfigurationSetName": "kairos-local",
        "EmailTags": [{"Name": "message", "Value": "m-1_A"}],
        **changes,
    }
    return cloud.session.client("sesv2").send_email(**params)


def reported(cloud: LocalCloud) -> list[tuple[str, dict[str, Any]]]:
    events = sorted((json.loads(note["event"]) for note in cloud.tables["notes"]), key=lambda event: event["time"])
    return [(event["detail-type"], event["detail"]) for event in events]


def test_headers_tags_and_both_bodies_are_kept(cloud: LocalCloud) -> None:
    message_id = send(cloud)["MessageId"]
    (email,) = cloud.emails
    assert (email.message_id, email.subject, email.tags) == (message_id, "봄이 왔어요", {"message": "m-1_A"})
    assert email.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert (email.text.strip(), email.html.strip()) == ("안녕하세요", "<p>안녕하세요</p>")
    assert email.header("Nothing") is None


def test_send_and_delivery_are_reported_shortly_after(cloud: LocalCloud) -> None:
    message_id = send(cloud)["MessageId"]
    assert reported(cloud) == []
    cloud.advance(by=timedelta(seconds=2))
    (kind, sent), (other, delivered) = reported(cloud)
    assert (kind, other) == ("Email Sent", "Email Delivered")
    assert (sent["eventType"], sent["send"], sent["mail"]["messageId"]) == ("Send", {}, message_id)
    assert sent["mail"]["tags"]["message"] == ["m-1_A"]
    assert sent["mail"]["tags"]["ses:configuration-set"] == ["kairos-local"]
    assert delivered["mail"]["destination"] == delivered["delivery"]["recipients"] == ["x@example.com"]


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("success@simulator.amazonses.com", ["Email Sent", "Email Delivered"]),
        ("bounce@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        ("bounce+label@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        ("complaint@simulator.amazonses.com", ["Email Sent", "Email Delivered", "Email Complaint Received"]),
    ],
)
def test_the_mailbox_simulator_has_its_ways(cloud: LocalCloud, address: str, kinds: list[str]) -> None:
    send(cloud, address)
    cloud.advance(by=timedelta(minutes=1))
    assert [kind for kind, _ in reported(cloud)] == kinds


def test_recipients_open_and_click_when_told(cloud: LocalCloud) -> None:
    send(cloud)
    cloud.report(cloud.emails[0], "Click", link="https://example.com/a")
    (kind, detail), *_ = reported(cloud)
    assert (kind, detail["click"]["link"]) == ("Email Clicked", "https://example.com/a")


def test_an_audience_reacts_by_itself(cloud: LocalCloud) -> None:
    def audience(email: Email) -> list[tuple[timedelta, str, dict[str, Any]]]:
        return [(timedelta(hours=1), "Open", {})] if email.subject.startswith("봄") else []

    cloud.parts.post.audience = audience
    send(cloud)
    cloud.advance(by=timedelta(hours=1))
    assert [kind for kind, _ in reported(cloud)][-1] == "Email Opened"


def test_events_that_the_configuration_set_does_not_publish_stay_unsaid(template: dict[str, Any]) -> None:
    template["Resources"]["SetEvents"]["Properties"]["EventDestination"]["MatchingEventTypes"] = ["bounce"]
    with LocalCloud(template, START) as cloud:
        send(cloud)
        cloud.advance(by=timedelta(minutes=1))
        assert reported(cloud) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ConfigurationSetName": "none"}, "NotFoundException"),
        ({"EmailTags": [{"Name": "message", "Value": "a b"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "한글", "Value": "a"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "message", "Value": "x" * 257}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": f"n{i}", "Value": "x"} for i in range(51)]}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": [f"x{i}@example.com" for i in range(51)]}}, "BadRequestException"),
        ({"FromEmailAddress": "a@b@c"}, "BadRequestException"),
        ({"Content": {"Raw": {"Data": b"x" * 41_943_041}}}, "MessageRejected"),
    ],
)
def test_ses_refuses(cloud: LocalCloud, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        send(cloud, **changes)
    assert caught.value.response["Error"]["Code"] == code
    assert cloud.emails == []


def test_only_verified_senders_send_where_senders_are_given(template: dict[str, Any]) -> None:
    with LocalCloud(template, START, senders={"example.org"}) as cloud:
        with pytest.raises(ClientError, match="not verified"):
            send(cloud)
        cloud.session.client("sesv2").create_email_identity(EmailIdentity="example.com")
        send(cloud)


def test_the_accounts_rate_holds_by_the_virtual_second(template: dict[str, Any]) -> None:
    with LocalCloud(template, START, send_rate=2) as cloud:
        send(cloud)
        send(cloud)
        with pytest.raises(ClientError, match="TooManyRequests"):
            send(cloud)
        cloud.advance(by=timedelta(seconds=1))
        send(cloud)


def test_a_text_message_is_recorded_and_a_number_checked(cloud: LocalCloud) -> None:
    sns = cloud.session.client("sns")
    kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    sent = sns.publish(PhoneNumber="+821012345678", Message="안녕", MessageAttributes=kind)
    (sms,) = cloud.sms
    assert (sms.message_id, sms.to, sms.text) == (sent["MessageId"], "+821012345678", "안녕")
    assert sms.attributes == {"AWS.SNS.SMS.SMSType": "Transactional"}
    for number in ("12", "01012345678", "+0123456789", "+8210123456789012"):
        with pytest.raises(ClientError, match="InvalidParameter"):
            sns.publish(PhoneNumber=number, Message="x")
    topic = sns.create_topic(Name="t")["TopicArn"]
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]


def test_rules_match_events_put_onto_the_bus_and_failures_are_tried_again(cloud: LocalCloud) -> None:
    client = cloud.session.client("events")
    entry = {"Source": "example.test", "DetailType": "T", "Detail": '{"n": 1}'}
    answer = client.put_events(Entries=[entry, {**entry, "Detail": "no json"}, {**entry, "Detail": '{"skip": 1}'}])
    assert (answer["FailedEntryCount"], answer["Entries"][1]["ErrorCode"]) == (1, "MalformedDetail")
    cloud.settle()
    assert [detail for _, detail in reported(cloud)] == [{"n": 1}]
    client.put_events(Entries=[{**entry, "Detail": '{"raise": true}'}])
    cloud.advance(by=timedelta(minutes=5))
    assert cloud.invocations["note"] == 4, "once, and again after one and two minutes"
    assert [name for name, _ in cloud.dropped] == ["note"]


def test_events_given_up_go_to_the_functions_failure_destination(template: dict[str, Any]) -> None:
    template["Resources"]["NoteFails"] = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": "Note"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Lost", "Arn"]}}},
        },
    }
    with LocalCloud(template, START) as cloud:
        cloud.put_event("example.test", "T", {"raise": True})
        (lost,) = [json.loads(message.body) for message in cloud.queues["lost"]]
        assert lost["requestPayload"]["detail"] == {"raise": True}
        assert cloud.invocations["note"] == 1


def test_a_rule_on_a_rate_ticks_on_the_virtual_clock(template: dict[str, Any]) -> None:
    template["Resources"]["Tick"]["Properties"]["State"] = "ENABLED"
    with LocalCloud(template, START) as cloud:
        cloud.advance(by=timedelta(hours=1))
        assert cloud.invocations["note"] == 12
    with LocalCloud(template, START, rates={"Tick": timedelta(minutes=30)}) as cloud:
        cloud.advance(by=timedelta(hours=1))
        assert cloud.invocations["note"] == 2


def test_mail_from_the_stack_reaches_its_recipient_once(cloud: LocalCloud) -> None:
    post(cloud, message("p1", "하나", to="x@example.com", id="m7"))
    cloud.advance(by=timedelta(days=1))
    assert [(email.tags["message"], email.at) for email in cloud.emails] == [("m7", START)]
