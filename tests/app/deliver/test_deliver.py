"""Deliver: what goes out, what is told and logged of it, and what does not stop the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kairos.domain.event import event_from_json, event_to_json
from tests.app.delivery import ADDRESS, BRAND, NOON, TEMPLATES, World


@pytest.mark.parametrize("marketing", [True, False])
def test_a_message_whose_gates_are_open_goes_out_and_the_journeys_hear_of_it(marketing: bool) -> None:
    world = World(marketing=marketing)
    [done] = world.run()
    assert done.outcome.kind == "sent"
    [delivery] = world.channel.taken
    assert delivery.address == ADDRESS
    assert delivery.rendered.parts == {"subject": "Hi Ann", "text": "9000 won"}
    assert delivery.tags == {
        "kairos_message": "m1",
        "kairos_profile": "p1",
        "kairos_journey": "cart",
        "kairos_step": "hello",
    }
    assert (delivery.unsubscribe_url is not None) is marketing
    assert delivery.at == NOON
    assert world.ledger.rows["m1"].state == "sent"
    [event] = world.reports()
    assert (event.name, event.message, event.source, event.correlation) == ("message_sent", "m1", "deliver", "corr-1")
    said = {"channel": "email", "marketing": marketing, "provider_id": "ok-1"}
    words = {"template": "hello", "language": "ko", "content": event.properties["content"]}
    assert event.properties == said | words
    assert event_from_json(event_to_json(event)) == event


def test_the_opt_out_link_of_a_message_names_its_own_address() -> None:
    world = World()
    world.run()
    url = world.channel.taken[0].unsubscribe_url
    assert url is not None
    refusal = world.deliver._gates._links.read(url.rpartition("/")[2])
    assert refusal is not None
    assert refusal.address_hash == world.suppressions.hash_address(ADDRESS)
    assert (refusal.channel, refusal.profile, refusal.message) == ("email", "p1", "m1")


def test_what_is_told_and_logged_names_nobody() -> None:
    world = World()
    world.publish(BRAND, {"hello": {"email": {"subject": "{{ first_name | divided_by: 0 }}", "text": "x"}}})
    [done] = world.run()
    world.publish(BRAND)
    [sent] = world.run()
    shown = str([done.facts, sent.facts, *(event_to_json(event) for event in world.reports())])
    assert "Ann" not in shown
    assert ADDRESS not in shown


def test_a_template_of_the_live_release_is_used_from_the_next_message_on() -> None:
    world = World()
    world.publish(BRAND, {**TEMPLATES, "hello": {"email": {"subject": "New", "text": "new"}}})
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "New"


def test_a_channel_that_is_not_there_is_a_reason_and_not_a_crash() -> None:
    world = World()
    [done] = world.run(replace(world.request, channel="pigeon"))
    assert done.outcome.code == "no channel"
    assert world.told() == [("message_not_sent", "no channel is called pigeon")]


def test_a_client_that_cannot_be_made_is_no_unknown_outcome() -> None:
    world = World()
    del world.clients["email"]
    [done] = world.run()
    assert (done.outcome.kind, world.ledger.rows) == ("failed", {})
    world.clients["email"] = None
    assert world.run()[0].outcome.kind == "sent"
