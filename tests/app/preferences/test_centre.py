"""The preference centre: what its form says is done, what it leaves as it was is left, and a stop holds at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from kairos import registry
from kairos.app.decide import decide
from kairos.app.ports import InboxMessage
from kairos.app.preferences.addresses import ADDRESSES, KnownAddresses
from kairos.app.preferences.centre import PreferenceCentre
from kairos.app.preferences.centre_form import CHANNELS, PAUSED_FOR
from kairos.app.preferences.centre_page import NAMES, WORDS
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.domain.consent import Consent
from kairos.domain.errors import Unavailable
from kairos.domain.event import ConsentFact, Event
from kairos.domain.profile import Profile
from kairos.memory import MemoryClock, MemoryContacts, MemoryCustomers, MemoryInbox, MemorySuppressions
from tests.app.decide.world import World as DecideWorld
from tests.app.decide.world import release_of
from tests.app.preferences.test_unsubscribe import OLD

NOW = datetime(2026, 11, 22, 3, 0, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LINKS = UnsubscribeLinks(lambda: OLD, "https://api.example.com")
ANN = Profile(
    "profile-1",
    NOW - 90 * DAY,
    reach={"email": True, "sms": True, "push": False},
    consents={
        ("email", "marketing"): Consent(True, NOW - DAY),
        ("sms", "marketing"): Consent(False, NOW - DAY),
        ("kakao", "marketing"): Consent(True, NOW - DAY),
    },
    former=("old-1",),
)


ASKS = {
    "id": "consent-confirm",
    "class": "transactional",
    "trigger": {"event": "consent_requested"},
    "subject": "channel",
    "reenter": {"after": "1d"},
    "steps": [{"send": "hello", "channel": "sms"}],
}
"""A journey that asks at another address."""


class World:
    """The use case over dictionaries, one customer, and a `decide` that hears whatever is in the inbox."""

    def __init__(self, profile: Profile | None = ANN, *journeys: Mapping[str, Any]) -> None:
        self.clock, self.customers = MemoryClock(NOW), MemoryCustomers()
        self.contacts, self.suppressions = MemoryContacts(), MemorySuppressions()
        self.inbox = MemoryInbox(self.clock)
        if profile is not None:
            self.customers.write(profile, (), None, None)
        self.contacts.put("old-1", "profile", {"phone": "010-5550-0143"}, NOW)
        self.contacts.put("profile-1", "profile", {"email": "Ann@example.com"}, NOW)
        self.release = release_of(*journeys, brand={"country": "KR", "name": "봄날 상점"})

    @property
    def centre(self) -> PreferenceCentre:
        release = lambda: self.release  # noqa: E731
        return PreferenceCentre(
            LiveProfiles(self.customers.read), self.addresses, self.suppressions, self.inbox, LINKS, release, self.clock
        )

    @property
    def addresses(self) -> KnownAddresses:
        return KnownAddresses(self.contacts, self.suppressions, lambda: self.release.brand)

    def token(self, channel: str = "email", address: str = "ann@example.com") -> str:
        return LINKS.token(Refusal(channel, self.suppressions.hash_address(address), "profile-1", "message-1"))

    def post(self, token: str | None = None, **fields: Any) -> Mapping[str, Any]:
        """Post a form and return the answer's facts."""
        body = urlencode([(name, each) for name, value in fields.items() for each in _many(value)])
        return self.centre.change(token or self.token(), body.encode(), "", "c-1").facts

    def events(self) -> list[Event]:
        return [event for message in self.inbox.waiting() for event in message.events]

    def words(self) -> list[tuple[str, str, str]]:
        return [(e.name, e.consent.channel, e.consent.purpose) for e in self.events() if e.consent is not None]

    def heard(self) -> Profile:
        """Return the profile once `decide` has heard all that was said."""
        found = decide(self.customers.read("profile-1"), self.release, self.events(), self.clock.now())
        assert found is not None
        return found.profile

    def stopped(self, channel: str, address: str) -> frozenset[str]:
        return self.suppressions.suppressed(channel, address)


def _many(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


class Form(HTMLParser):
    """What a browser without scripts would post, as (name, value), and its buttons."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.boxes: dict[str, bool] = {}
        self.locked: set[str] = set()
        self.buttons: list[str] = []
        self.labels = 0
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.labels += tag == "label"
        if tag == "button":
            self.buttons.append(given["value"])
        if tag != "input":
            return
        if given["type"] == "checkbox":
            self.boxes[given["value"]] = "checked" in given
            self.locked |= {given["value"]} if "disabled" in given else set()
        if given["type"] == "hidden" or "checked" in given:
            self.fields.append((given["name"], given["value"]))


def test_get_shows_every_channel_as_it_stands_and_changes_nothing() -> None:
    world = World()
    answer = world.centre.show(world.token(), "ko")
    assert answer.facts == {"status": 200, "outcome": "shown", "profile": "profile-1"}
    assert Form(answer.body).boxes == {"email": True, "sms": False, "kakao": True}
    assert (world.events(), world.suppressions.rows) == ([], {})
    assert "봄날 상점" in answer.body


def test_what_is_posted_as_it_was_shown_says_nothing() -> None:
    world = World()
    fields = Form(world.centre.show(world.token()).body).fields
    assert world.centre.change(world.token(), urlencode(fields).encode()).facts["outcome"] == "saved"
    assert (world.events(), world.suppressions.rows) == ([], {})


def test_a_tick_taken_away_is_a_refusal_that_holds_before_the_answer() -> None:
    world = World()
    world.post(act="save", was=["email", "kakao"], on=["kakao"])
    assert world.words() == [("consent_withdrawn", "email", "marketing")]
    assert world.stopped("email", "ann@example.com") == {"marketing"}
    assert world.stopped("sms", "+821055500143") == frozenset()


def test_a_refusal_of_another_channel_stops_the_address_that_is_known_under_a_former_id() -> None:
    world = World()
    world.post(act="save", was=["email", "kakao"], on=["email"])
    assert world.stopped("kakao", "+821055500143") == {"marketing"}
    assert world.stopped("email", "ann@example.com") == frozenset()


def test_a_tick_set_is_a_consent_with_its_wording_and_the_link_as_proof() -> None:
    world = World(replace(ANN, consents={}))
    world.post(act="save", was=[], on=["email"])
    (event,) = world.events()
    fact = ConsentFact("email", "marketing", wording="preference-centre-1", proof="message-1", confirmed=True)
    assert event.consent == fact
    assert world.heard().consents["email", "marketing"].confirmed


def test_stop_all_refuses_every_channel_ticked_or_not() -> None:
    world = World()
    assert world.post(act="stop", was=["email"], on=["email"])["outcome"] == "stopped"
    assert [channel for _, channel, _ in world.words()] == ["email", "sms", "kakao"]
    for channel, address in (("email", "ann@example.com"), ("sms", "+821055500143"), ("kakao", "+821055500143")):
        assert world.stopped(channel, address) == {"marketing"}
    assert not any(consent.given for consent in world.heard().consents.values())


def test_a_pause_holds_every_channel_for_thirty_days_and_can_be_ended() -> None:
    world = World()
    world.post(act="pause", was=["email", "kakao"], on=["email", "kakao"])
    paused = world.heard()
    assert paused.consents["any", "pause"].expires_at == NOW + PAUSED_FOR
    assert paused.consents["email", "marketing"].given, "nothing was refused"
    world.customers.profiles["profile-1"] = paused
    page = world.centre.show(world.token(), "ko").body
    assert "2026-12-22까지" in page
    assert Form(page).buttons == ["save", "resume", "stop"]
    world.clock.advance(timedelta(minutes=5))
    world.inbox = MemoryInbox(world.clock)
    world.post(act="resume", was=["email", "kakao"], on=["email", "kakao"])
    world.customers.profiles["profile-1"] = world.heard()
    assert Form(world.centre.show(world.token()).body).buttons == ["save", "pause", "stop"]


def test_during_a_pause_marketing_does_not_go_and_says_until_when_and_receipts_do() -> None:
    journeys = [
        {"id": kind, "class": kind, "trigger": {"event": "go"}, "reenter": "always", "steps": [{"send": "hello"}]}
        for kind in ("marketing", "transactional")
    ]
    there = DecideWorld(*journeys, now=NOW, consents=True)
    pause = ConsentFact("any", "pause", expires_at=NOW + PAUSED_FOR)
    event = Event("p", "consent_withdrawn", "u1", NOW, NOW, consent=pause)
    there.hear(event)
    go = Event("go", "go", "u1", NOW + DAY, NOW + DAY)
    there.hear(go, at=NOW + DAY)
    told = {reason.journey: (reason.kind, reason.reason) for reason in there.reasons if reason.template}
    assert told["transactional"][0] == "message"
    kind, why = told["marketing"]
    assert kind == "not_sent"
    assert why.startswith("no consent (the customer wants none until 2026-12-22")
    there.hear(replace(go, id="go2", occurred_at=NOW + PAUSED_FOR, received_at=NOW + PAUSED_FOR), at=NOW + PAUSED_FOR)
    assert [reason.kind for reason in there.reasons if reason.journey == "marketing"].count("message") == 1


def test_the_preferred_channel_is_a_trait_and_goes_before_the_templates_order() -> None:
    world = World()
    world.post(act="save", was=["email", "kakao"], on=["email", "kakao"], preferred="sms", was_preferred="")
    (event,) = world.events()
    assert event.traits == {"preferred_channel": "sms"}
    steps = [{"send": "hello"}]
    journey = {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps}
    there = DecideWorld(journey, now=NOW)
    there.hear(replace(event, profile="u1"))
    there.hear(Event("go", "go", "u1", NOW, NOW))
    assert [reason.channel for reason in there.reasons if reason.kind == "message"] == ["sms"]


def test_a_preference_can_be_taken_back_and_is_not_told_where_it_stays() -> None:
    world = World(replace(ANN, traits={"preferred_channel": "sms"}))
    assert 'value="sms" checked' in world.centre.show(world.token()).body
    world.post(act="save", was=[], on=[], preferred="sms", was_preferred="sms")
    assert world.events() == []
    world.post(act="save", was=[], on=[], preferred="", was_preferred="sms")
    assert [event.traits for event in world.events()] == [{"preferred_channel": None}]


@pytest.mark.parametrize("profile", [None, replace(ANN, erased_at=NOW, consents={}, reach={})])
def test_for_who_is_erased_the_link_still_refuses_and_brings_nobody_back(profile: Profile | None) -> None:
    world = World(profile)
    world.contacts = MemoryContacts()
    assert Form(world.centre.show(world.token()).body).boxes == {"email": True}
    assert world.post(act="save", was=["email"], on=[])["outcome"] == "saved"
    assert world.stopped("email", "ann@example.com") == {"marketing"}
    number = world.token("sms", "+821055500143")
    world.post(number, act="stop")
    assert world.stopped("sms", "+821055500143") == world.stopped("kakao", "+821055500143") == {"marketing"}
    assert world.inbox.waiting() == []


def test_a_link_of_who_became_another_shows_and_changes_who_they_are_now() -> None:
    world = World(replace(ANN, id="winner", former=("profile-1", "old-1")))
    world.customers.write(Profile("profile-1", NOW, merged_into="winner"), (), None, None)
    assert Form(world.centre.show(world.token()).body).boxes["kakao"] is True
    world.post(act="save", was=["kakao", "email"], on=["email"])
    assert world.stopped("kakao", "+821055500143") == {"marketing"}
    assert [message.profile for message in world.inbox.waiting()] == ["profile-1"], "which decide forwards"


def test_a_page_of_the_shop_is_ticked_until_it_is_refused() -> None:
    world = World(replace(ANN, reach={"web": True}))
    assert Form(world.centre.show(world.token()).body).boxes["web"] is True
    world.post(act="save", was=["web"], on=[])
    world.customers.profiles["profile-1"] = world.heard()
    assert Form(world.centre.show(world.token()).body).boxes["web"] is False


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"act=fly", b"x" * 5_000, b"&".join([b"on=email"] * 100), b"act", "act=저장".encode()],
)
def test_what_is_no_form_of_ours_changes_nothing(body: bytes) -> None:
    world = World()
    assert world.centre.change(world.token(), body).status == 400
    assert (world.inbox.waiting(), world.suppressions.rows) == ([], {})


def test_a_form_names_no_channel_of_its_own() -> None:
    world = World()
    world.post(act="save", was=["fax", "push"], on=["carrier-pigeon"], preferred="fax")
    assert world.words() == []
    assert all(event.traits == {"preferred_channel": None} for event in world.events())


@pytest.mark.parametrize("token", ["", "x", "A" * 5_000])
def test_a_link_that_is_not_ours_is_unknown(token: str) -> None:
    world = World()
    for answer in (world.centre.show(token), world.centre.change(token, b"act=stop")):
        assert answer.status == 404
        assert "<form" not in answer.body


def test_a_link_to_confirm_by_opens_no_preferences() -> None:
    world = World()
    confirm = LINKS.confirm_url(Refusal("email", "1#aaaaaaaaaaaaaaaa", "profile-1", "m")).rpartition("/")[2]
    assert world.centre.show(confirm).status == 404


class Down(MemoryInbox):
    def put(self, messages: Sequence[InboxMessage]) -> None:
        raise Unavailable("inbox")


def test_what_cannot_be_told_is_not_said_to_be_done_and_a_stop_holds_all_the_same() -> None:
    world = World()
    world.inbox = Down(world.clock)
    facts = world.post(act="stop")
    assert (facts["status"], facts["outcome"]) == (503, "failed")
    assert world.stopped("email", "ann@example.com") == {"marketing"}


def test_without_a_brand_the_page_does_without_its_name() -> None:
    world = World()
    world.release = None  # type: ignore[assignment]
    assert world.centre.show(world.token()).status == 200


def test_a_repeated_post_is_one_event_each() -> None:
    world = World()
    for _ in range(3):
        world.post(act="stop")
    assert len(world.events()) == 3
    assert len({event.id for event in world.events()}) == 3


def test_every_channel_and_word_has_its_name_in_both_languages_and_every_box_its_label() -> None:
    assert set(NAMES["en"]) == set(NAMES["ko"]) == set(CHANNELS)
    assert set(WORDS["en"]) == set(WORDS["ko"])
    world = World(replace(ANN, reach=dict.fromkeys(CHANNELS, True)))
    form = Form(world.centre.show(world.token()).body)
    assert form.labels == len(CHANNELS) + 5  # the boxes; no preference and four channels that send


def test_the_addresses_are_those_that_the_channels_declare() -> None:
    declared = {name: registry.load("channels", name).address for name in registry.names("channels")}
    theirs = {name: field for name, field in declared.items() if field}
    assert theirs.items() <= ADDRESSES.items()
    assert set(theirs) | {"web"} <= set(CHANNELS)
