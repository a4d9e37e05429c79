"""What wakes somebody up."""

from __future__ import annotations

from tests.infra.deployed import Deployed, references

DEAD_LETTERS = {"InboxParkedQueue", "OutboxDlq", "ScheduleDlq", "EffectsDlq", "StreamDlq", "FeedbackDlq", "TallyDlq"}


def test_every_dead_letter_queue_rings_at_its_first_message(prod: Deployed) -> None:
    ringing = {
        name
        for alarm in prod.of_type("CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0, 1)
        for name in references(alarm["Dimensions"])
    }
    assert ringing == DEAD_LETTERS


def test_every_queue_that_should_move_rings_when_it_does_not(prod: Deployed) -> None:
    ages = {
        name
        for alarm in prod.of_type("CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"
        for name in references(alarm["Dimensions"])
    }
    # Somebody else's server, not ours, makes announcements wait; `kairos sources` says which, and who has none of it
    # pays for no alarm.
    assert ages == set(prod.of_type("SQS::Queue")) - DEAD_LETTERS - {"AnnouncementsQueue"}


def test_no_function_can_fail_or_be_throttled_unheard(prod: Deployed) -> None:
    for name in ("FunctionsFailAlarm", "FunctionsThrottledAlarm"):
        assert references(prod.properties(name)["Metrics"]) == set(prod.of_type("Lambda::Function")) - {"LearnFunction"}
    learn = prod.properties("LearnFailsAlarm")
    assert (references(learn["Dimensions"]), learn["Period"], learn["Threshold"]) == ({"LearnFunction"}, 86_400, 1)


def test_lateness_and_unknown_sends_are_heard_by_the_names_that_the_functions_report(prod: Deployed) -> None:
    late, unknown = prod.properties("TimersLateAlarm"), prod.properties("SendsUnknownAlarm")
    assert (late["Namespace"], late["MetricName"], late["ExtendedStatistic"]) == ("Kairos", "TimerLateness", "p99")
    assert late["Dimensions"] == [{"Name": "service", "Value": "kairos-decide"}]
    assert (unknown["Namespace"], unknown["MetricName"]) == ("Kairos", "UnknownSends")


def test_silence_is_good_news_but_for_the_sweep(prod: Deployed) -> None:
    treatment = {name: alarm["TreatMissingData"] for name, alarm in prod.of_type("CloudWatch::Alarm").items()}
    assert {name for name, each in treatment.items() if each == "breaching"} == {"SweepSilentAlarm"}
    assert set(treatment.values()) == {"breaching", "notBreaching"}


def test_ses_is_heard_before_it_reviews_the_account(prod: Deployed) -> None:
    assert prod.properties("BouncesHighAlarm")["Threshold"] < 0.05
    assert prod.properties("ComplaintsHighAlarm")["Threshold"] < 0.001


def test_each_alarm_says_what_to_do_and_goes_to_the_address_given(prod: Deployed) -> None:
    for alarm in prod.of_type("CloudWatch::Alarm").values():
        assert alarm["AlarmDescription"].endswith(".")
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    (subscription,) = prod.of_type("SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "owner@example.com")


def test_without_an_address_nobody_is_subscribed(local: Deployed) -> None:
    assert local.of_type("SNS::Subscription") == {}


def test_cloudwatch_may_publish_although_the_topic_has_a_policy(prod: Deployed) -> None:
    statements = prod.properties("AlarmTopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
