"""SES: what became of a message, and whom never to write to again."""

from __future__ import annotations

import pytest

from kairos.registry import Parsed, Stop
from tests.sources import bodies

PROFILE, MESSAGE = "abcdefghijklmnopqrstuvwx23", "m" * 26


def parse(name: str, change: object = None) -> Parsed:
    (parsed,) = bodies.parse("ses", name, change)
    return parsed


@pytest.mark.parametrize(
    ("name", "event", "properties"),
    [
        ("send", "message_sent", {}),
        ("delivery", "message_delivered", {}),
        ("bounce-permanent", "message_bounced", {"bounce_type": "permanent", "bounce_subtype": "General"}),
        ("bounce-transient", "message_bounced", {"bounce_type": "transient", "bounce_subtype": "MailboxFull"}),
        ("complaint", "message_complained", {"complaint_type": "abuse"}),
        ("reject", "message_rejected", {"reason": "Bad content"}),
        ("open", "message_opened", {}),
        ("open-by-proxy", "message_opened", {"machine": True}),
        ("click", "message_clicked", {"link_domain": "shop.example.com"}),
        ("rendering-failure", "message_failed", {"template": "hello"}),
        (
            "delivery-delay",
            "message_delayed",
            {"delay_type": "TransientCommunicationFailure", "retried_until": "2026-10-02T13:00:00Z"},
        ),
        ("subscription", "consent_withdrawn", {}),
    ],
)
def test_each_kind_is_an_event_of_the_tagged_message(name: str, event: str, properties: dict[str, object]) -> None:
    parsed = parse(name)
    assert (parsed.event.name, parsed.event.properties) == (event, properties)
    assert parsed.event.message == MESSAGE
    assert bodies.who(parsed) == [("profile", PROFILE)]
    assert parsed.contacts == ()


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("bounce-permanent", [Stop("email", "Planted.Person@Example.com", "all", "bounced")]),
        ("complaint", [Stop("email", "planted.person@example.com", "all", "complained")]),
        ("subscription", [Stop("email", "planted.person@example.com", "marketing", "unsubscribed")]),
        ("bounce-transient", []),
        ("delivery-delay", []),
        ("open", []),
    ],
)
def test_only_what_is_final_stops_an_address(name: str, stops: list[Stop]) -> None:
    assert list(parse(name).stops) == stops


def test_an_opt_out_that_bounces_stops_marketing_alone() -> None:
    body = bodies.body("ses", "bounce-permanent")
    body["bounce"]["bounceSubType"] = "UnsubscribedRecipient"
    assert [stop.purpose for stop in parse("bounce-permanent", body).stops] == ["marketing"]


def test_taking_a_message_out_of_the_spam_folder_is_no_complaint() -> None:
    assert bodies.parse("ses", "complaint-not-spam") == ()


def test_a_message_without_our_tags_still_stops_its_address() -> None:
    body = bodies.body("ses", "bounce-permanent")
    del body["mail"]["tags"]
    parsed = parse("bounce-permanent", body)
    assert (parsed.who, parsed.event.message, len(parsed.stops)) == ([], None, 1)


@pytest.mark.parametrize("tags", [{"kairos_profile": ["../x"]}, {"kairos_profile": [7]}, {"kairos_profile": []}])
def test_a_tag_that_is_none_of_ours_addresses_nobody(tags: dict[str, object]) -> None:
    body = bodies.body("ses", "send")
    body["mail"]["tags"] = tags
    assert parse("send", body).who == []


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0", "YahooMailProxy; https://help.example.com", "curl/8.1", "Barracuda Sentinel (EE)", "some bot/1.0"],
)
def test_user_agents_of_proxies_and_scanners_are_machines(agent: str) -> None:
    body = bodies.body("ses", "click")
    body["click"]["userAgent"] = agent
    assert parse("click", body).event.properties["machine"] is True


def test_a_click_on_our_own_unsubscribe_link_says_so() -> None:
    body = bodies.body("ses", "click")
    body["click"]["link"] = "https://api.example.com/u/planted-token"
    assert parse("click", body).event.properties == {"link_domain": "api.example.com", "unsubscribe_link": True}


def test_a_link_that_is_none_is_left_out() -> None:
    body = bodies.body("ses", "click")
    body["click"]["link"] = "https://[::1"
    assert parse("click", body).event.properties == {}


def test_leaving_one_topic_of_a_list_is_not_ours() -> None:
    body = bodies.body("ses", "subscription")
    body["subscription"]["newTopicPreferences"]["unsubscribeAll"] = False
    assert bodies.parse("ses", "subscription", body) == ()


def test_two_opens_are_two_facts_and_one_send_is_one() -> None:
    later = bodies.body("ses", "open")
    later["open"]["timestamp"] = "2026-10-02T03:00:01.000Z"
    assert parse("open").key != parse("open", later).key
    assert parse("send").key == parse("send").key


def test_kinds_that_are_unknown_mean_nothing() -> None:
    assert bodies.parse("ses", "send", {"eventType": "Teleport", "mail": {}}) == ()
