"""SES and the way back."""

from __future__ import annotations

from tests.infra.deployed import Deployed


def test_every_kind_of_event_but_send_goes_to_the_default_bus(prod: Deployed) -> None:
    destination = prod.properties("ConfigurationSetFeedback")["EventDestination"]
    assert destination["Enabled"] is True
    assert "EventBridgeDestination" in destination
    # The names are those of the SES v1 API. `deliver` reports the hand-over itself, so that SES's word is not paid for.
    assert sorted(destination["MatchingEventTypes"]) == sorted(
        (
            *("delivery", "bounce", "complaint", "reject"),
            *("open", "click", "renderingFailure", "deliveryDelay", "subscription"),
        )
    )
    assert "Email Sent" not in prod.properties("FeedbackRule")["EventPattern"]["detail-type"]


def test_the_events_of_our_configuration_set_and_of_no_other_come_back_to_ingest(prod: Deployed) -> None:
    rule = prod.properties("FeedbackRule")
    assert rule["EventPattern"]["source"] == ["aws.ses"]
    assert rule["EventPattern"]["detail"] == {"mail": {"tags": {"ses:configuration-set": ["kairos-prod"]}}}
    assert prod.properties("ConfigurationSet")["Name"] == "kairos-prod"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["IngestFunction", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["FeedbackDlq", "Arn"]}}


def test_eventbridge_may_write_under_the_contacts_key_for_this_account_only(prod: Deployed) -> None:
    statements = prod.properties("ContactsKey")["KeyPolicy"]["Statement"]
    (parking,) = [each for each in statements if each.get("Sid") == "EventBridgeParksFeedback"]
    assert parking["Principal"] == {"Service": "events.amazonaws.com"}
    assert parking["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_domain_is_verified_only_where_one_is_named(prod: Deployed, local: Deployed) -> None:
    assert prod.properties("EmailIdentity")["EmailIdentity"] == "example.com"
    assert {"DkimRecord1", "DkimRecord2", "DkimRecord3"} <= set(prod.template["Outputs"])
    assert local.of_type("SES::EmailIdentity") == {}
