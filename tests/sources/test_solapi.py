"""Solapi's reports hint, its signed API is believed: over real HTTP, whatever was lost, forged or came twice."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest

from kairos.app.http import HttpAnswer, HttpRequest
from kairos.app.ingest.front import handle
from kairos.channels._fetch import HttpsFetch
from kairos.domain.errors import Refused, Unavailable
from kairos.sources._solapi_api import ONE_BY_ONE_MAX
from tests.app.sync.reading import Reading
from tests.sources import bodies
from tests.sources.api_servers import SolapiServer, serving, stamp

SECRET = "typed-into-the-console"
PROFILE = "abcdefghijklmnopqrstuvwx23"


class World(Reading):
    """An account of Solapi's whose webhook hints and whose messages are read."""

    def __init__(self, server: SolapiServer) -> None:
        self.server = server
        self.settings = {"secrets": [SECRET], "key_id": "NCS1", "api_key": "api-secret", "api_url": server.url}
        super().__init__("solapi", {"main": self.settings}, HttpsFetch(local=True))

    def message(self, id: str, code: str, status: str = "COMPLETE", **more: Any) -> dict[str, Any]:
        """Let Solapi know a message as it is now."""
        now = stamp(self.clock.now())
        fields = {"kairos_message": id.lower() * 2, "kairos_profile": PROFILE}
        one: dict[str, Any] = {"messageId": id, "type": "ATA", "to": "01055500199"}
        one |= {"statusCode": code, "status": status}
        one |= {"dateUpdated": now, "dateReported": now, "customFields": fields, **more}
        self.server.objects[id] = one
        return one

    def report(self, *messages: dict[str, Any], secret: str = SECRET) -> HttpAnswer:
        body = [{"eventDataId": "E", "data": one, "retryCount": 0} for one in messages]
        headers = {"x-solapi-event-name": "SINGLE-REPORT", "x-solapi-secret": sha1(secret.encode()).hexdigest()}
        path = "/v1/webhooks/solapi/main"
        return handle(self.ingest, HttpRequest("POST", path, headers, json.dumps(body).encode(), self.clock.now()))

    def told(self) -> set[tuple[str, str | None]]:
        return {(event.name, event.message) for event in self.events()}


@pytest.fixture
def world() -> Iterator[World]:
    server = SolapiServer()
    with serving(server):
        yield World(server)


def test_what_a_report_says_is_read_again_before_it_is_believed(world: World) -> None:
    true = world.message("M4VA", "4000")
    answer = world.report(true | {"statusCode": "3104"})
    assert (answer.status, world.told()) == (202, set())
    assert world.hints.told == [("solapi", "main", ["M4VA"])]
    world.follow()
    assert world.told() == {("message_delivered", "m4vam4va")}
    [message] = world.inbox.waiting()
    assert (message.profile, message.events[0].historical) == (PROFILE, False)


def test_who_does_not_know_the_secret_is_refused_and_nothing_is_read(world: World) -> None:
    assert world.report(world.message("M4VA", "3104"), secret="guessed").status == 401
    assert (world.hints.told, world.server.asked) == ([], [])


def test_a_final_refusal_is_a_bounce_with_its_code_and_what_is_on_its_way_says_nothing(world: World) -> None:
    refused = world.message("M4VA", "3104")
    for number, (code, status) in enumerate([("2000", "PENDING"), ("3000", "SENDING"), ("3059", "SENDING"), ("", "")]):
        world.report(world.message(f"M4V{number}", code, status))
    world.report(refused)
    world.follow()
    [message] = world.inbox.waiting()
    [event] = message.events
    assert (event.name, event.properties) == ("message_bounced", {"bounce_type": "permanent", "bounce_subtype": "3104"})


def test_a_report_that_comes_again_tells_nothing_new(world: World) -> None:
    for _ in range(3):
        world.report(world.message("M4VA", "3104"))
        world.follow()
        world.clock.advance(timedelta(minutes=1))
    assert len({event.id for one in world.inbox.waiting() for event in one.events}) == 1


def test_other_messages_of_the_account_are_left_alone(world: World) -> None:
    others = [
        world.message(f"M4V{number}", "4000", customFields=fields) for number, fields in enumerate(({}, {"a": "b"}))
    ]
    assert world.report(*others).status == 200
    assert world.hints.told == []
    world.sync.run()
    assert world.told() == set()


def test_many_reports_at_once_are_one_list_and_not_a_call_each(world: World) -> None:
    messages = [world.message(f"M4V{number}", "4000") for number in range(ONE_BY_ONE_MAX + 2)]
    world.report(*messages)
    world.follow()
    assert len(world.told()) == len(messages)
    assert len(world.server.asked) == 3, "pages of three"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_was_lost_repeated_or_failed_each_outcome_is_known_in_the_end(world: World, seed: int) -> None:
    rnd = random.Random(seed)
    final = {"4000": "message_delivered", "3104": "message_bounced"}
    for number in range(20):
        world.clock.advance(timedelta(minutes=rnd.randint(1, 40)))
        message = world.message(f"M4V{number:02}", rnd.choice(list(final)))
        for _ in range(rnd.choice([0, 1, 2])):
            world.report(message)
        world.server.faults += rnd.sample([(429, b""), (503, b""), (200, b"{"), (0, b"")], rnd.choice([0, 0, 1, 2]))
        if world.hints.told:
            try:
                world.follow()
            except Unavailable:
                world.hints.told.clear()  # Lambda gives up: the regular reading finds it
        world.sync.run()
    world.server.faults.clear()
    world.clock.advance(timedelta(hours=6))
    world.sync.run()
    expected = {(final[one["statusCode"]], f"{id.lower()}" * 2) for id, one in world.server.objects.items()}
    assert world.told() == expected


def test_a_connection_without_the_keys_name_says_what_to_set(world: World) -> None:
    del world.settings["key_id"]
    with pytest.raises(Refused, match="key_id=…"):
        world.sync.hinted("solapi", "main", ["M4VA"])


def test_without_an_api_secret_what_is_reported_is_counted_and_not_believed(world: World) -> None:
    del world.settings["api_key"]
    answer = world.report(world.message("M4VA", "3104"))
    assert (answer.status, json.loads(answer.body)["unaddressed"]) == (202, 1)
    assert (world.told(), world.server.asked) == (set(), [])


def test_a_report_may_stand_alone_or_bare() -> None:
    inner = bodies.body("solapi", "single-report")
    keys = {bodies.parse("solapi", "single-report", form)[0].key for form in (inner, [inner], inner["data"])}
    assert len(keys) == 1
