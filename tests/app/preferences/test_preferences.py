"""The page behind an opt-out link: GET looks, POST stops, and a stop once answered holds whatever fails after it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from kairos.app.ports import InboxMessage
from kairos.app.preferences.addresses import KnownAddresses
from kairos.app.preferences.page import preferred_language
from kairos.app.preferences.preferences import Preferences
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import CONFIRMS, Refusal, UnsubscribeLinks
from kairos.domain.errors import Unavailable
from kairos.domain.event import ConsentFact
from kairos.domain.profile import Profile
from kairos.memory import MemoryClock, MemoryContacts, MemoryCustomers, MemoryInbox, MemorySuppressions
from tests.app.preferences.test_unsubscribe import OLD

NOW = datetime(2026, 11, 22, 3, 0, 10, tzinfo=UTC)
LINKS = UnsubscribeLinks(lambda: OLD, "https://api.example.com")


class DownSuppressions(MemorySuppressions):
    """Suppressions that cannot be written."""

    def suppress_hashed(self, channel: str, address_hash: str, purpose: str, reason: str, now: datetime) -> None:
        raise Unavailable("suppressions")


class DownInbox(MemoryInbox):
    """An inbox that takes nothing."""

    def put(self, messages: Sequence[InboxMessage]) -> None:
        raise Unavailable("inbox")


class World:
    """The use case over dictionaries, and one customer with a link."""

    def __init__(
        self,
        suppressions: MemorySuppressions | None = None,
        inbox: MemoryInbox | None = None,
        brand: str = "봄날 상점",
    ) -> None:
        self.clock = MemoryClock(NOW)
        self.suppressions = suppressions or MemorySuppressions()
        self.inbox = inbox or MemoryInbox(self.clock)
        self.preferences = Preferences(self.suppressions, self.inbox, LINKS, lambda: brand, self.clock)
        address_hash = self.suppressions.hash_address("ann@example.com")
        self.token = LINKS.token(Refusal("email", address_hash, "profile-1", "message-1"))

    def stopped(self) -> frozenset[str]:
        return self.suppressions.suppressed("email", "ann@example.com")


def test_get_shows_a_page_and_changes_nothing() -> None:
    world = World()
    answer = world.preferences.show(world.token)
    assert answer.status == 200
    assert world.stopped() == frozenset()
    assert world.inbox.waiting() == []


def test_post_stops_marketing_and_tells_the_profile() -> None:
    world = World()
    answer = world.preferences.stop(world.token, correlation="c-1")
    assert answer.status == 200
    assert answer.facts == {"status": 200, "outcome": "stopped", "profile": "profile-1"}
    assert world.stopped() == {"marketing"}
    [message] = world.inbox.waiting()
    [event] = message.events
    assert (message.profile, event.name, event.source, event.correlation) == (
        "profile-1",
        "consent_withdrawn",
        "preferences",
        "c-1",
    )
    assert event.consent is not None
    assert (event.consent.channel, event.consent.purpose) == ("email", "marketing")
    assert event.occurred_at == event.received_at == NOW


def test_the_stop_is_written_before_the_profile_is_told() -> None:
    world = World()
    order: list[str] = []

    class Watched(MemoryInbox):
        def put(self, messages: Sequence[InboxMessage]) -> None:
            order.extend(world.stopped())

    Preferences(world.suppressions, Watched(world.clock), LINKS, lambda: "", world.clock).stop(world.token)
    assert order == ["marketing"]


def test_a_repeated_post_is_one_withdrawal() -> None:
    world = World()
    for _ in range(3):
        assert world.preferences.stop(world.token).status == 200
    assert len(world.inbox.waiting()) == 1


def test_a_refusal_after_a_new_consent_is_another_withdrawal() -> None:
    world = World()
    world.preferences.stop(world.token)
    world.clock.advance(timedelta(days=30))
    world.preferences.stop(world.token)
    first, second = (message.events[0] for message in world.inbox.waiting())
    assert first.id != second.id


def test_a_stop_that_cannot_be_written_is_not_confirmed() -> None:
    world = World(DownSuppressions())
    answer = world.preferences.stop(world.token)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
    assert world.inbox.waiting() == []


def test_a_stop_holds_though_the_inbox_is_down() -> None:
    world = World(inbox=DownInbox(MemoryClock(NOW)))
    answer = world.preferences.stop(world.token)
    assert answer.status == 200
    assert answer.facts["outcome"] == "untold"
    assert world.stopped() == {"marketing"}


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "<script>", "A" * 5_000, "토큰"])
def test_a_link_that_is_not_ours_shows_a_page_without_detail_and_stops_nothing(token: str) -> None:
    world = World()
    for answer in (world.preferences.show(token), world.preferences.stop(token)):
        assert answer.status == 404
        assert "<form" not in answer.body
        assert token == "" or token not in answer.body or token == "x"
    assert world.suppressions.rows == {}


def test_a_tampered_link_is_a_link_that_is_not_ours() -> None:
    world = World()
    answer = world.preferences.stop(world.token[:-2] + ("AA" if world.token[-2:] != "AA" else "BB"))
    assert answer.status == 404
    assert world.stopped() == frozenset()


@pytest.mark.parametrize("error", [Unavailable("release"), KeyError("name")])
def test_a_stop_needs_no_brand_to_be_confirmed(error: Exception) -> None:
    def fail() -> str:
        raise error

    world = World()
    preferences = Preferences(world.suppressions, world.inbox, LINKS, fail, world.clock)
    assert "Unsubscribe" in preferences.show(world.token).body
    assert preferences.stop(world.token).status == 200
    assert world.stopped() == {"marketing"}


def test_the_brands_name_cannot_bring_markup() -> None:
    world = World(brand="<script>alert(1)</script>{channel}")
    body = world.preferences.show(world.token).body
    assert "<script" not in body
    assert "&lt;script&gt;" in body


class Reader(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_one_form_with_one_button_and_needs_no_script() -> None:
    tags = Reader(World().preferences.show(World().token).body).tags
    names = [tag for tag, _ in tags]
    assert names.count("form") == names.count("button") == names.count("h1") == names.count("title") == 1
    assert ("form", {"method": "post"}) in tags
    assert not {"script", "img", "link", "iframe"} & set(names)
    assert all("src" not in given and "style" not in given for _, given in tags)


def test_after_the_button_there_is_a_confirmation_and_nothing_to_press() -> None:
    world = World()
    body = world.preferences.stop(world.token).body
    assert "You are unsubscribed" in body
    assert "<form" not in body


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr,ko;q=0.5", "ko"),
        ("ko;q=0,en", "en"),
        ("fr", "en"),
        ("ko;q=abc, " + "x" * 10_000, "en"),
        ("kok", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(header: str, language: str) -> None:
    assert preferred_language(header) == language
    world = World()
    answer = world.preferences.show(world.token, header)
    assert f'<html lang="{language}">' in answer.body
    assert answer.headers["Content-Language"] == language


def test_korean_words_name_the_channel_and_the_brand() -> None:
    world = World()
    assert "봄날 상점의 광고성 이메일" in world.preferences.stop(world.token, "ko").body


def test_the_page_may_load_nothing_and_is_kept_nowhere() -> None:
    answer = World().preferences.show(World().token)
    policy = answer.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", answer.body)
    assert style is not None
    assert f"'sha256-{b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("gone", [None, Profile("profile-1", NOW, erased_at=NOW)])
def test_for_who_is_erased_the_stop_is_written_and_nobody_is_brought_back(gone: Profile | None) -> None:
    world = World()
    preferences = Preferences(
        *(world.suppressions, world.inbox, LINKS, lambda: "", world.clock, LiveProfiles(lambda id: gone))
    )
    assert preferences.stop(world.token).facts["outcome"] == "stopped"
    assert world.stopped() == {"marketing"}
    assert preferences.stop(confirming(world)).status == 404
    assert world.inbox.waiting() == []


def test_who_may_be_there_is_told_though_their_item_cannot_be_read() -> None:
    def fail(id: str) -> Profile | None:
        raise Unavailable("customers")

    world = World()
    preferences = Preferences(world.suppressions, world.inbox, LINKS, lambda: "", world.clock, LiveProfiles(fail))
    assert preferences.stop(world.token).facts["outcome"] == "stopped"
    assert len(world.inbox.waiting()) == 1


# ---- a link to confirm by ------------------------------------------------------------------------------------------


def confirming(world: World) -> str:
    address_hash = world.suppressions.hash_address("ann@example.com")
    return LINKS.confirm_url(Refusal("email", address_hash, "profile-1", "message-1")).rpartition("/")[2]


def test_get_of_a_confirmation_shows_a_button_and_changes_nothing() -> None:
    world = World()
    answer = world.preferences.show(confirming(world), "ko")
    assert (answer.status, answer.facts["outcome"]) == (200, "offered")
    assert "동의합니다</button>" in answer.body
    assert world.inbox.waiting() == []


def test_post_confirms_and_stops_nothing() -> None:
    world = World()
    answer = world.preferences.stop(confirming(world), correlation="c-1")
    assert (answer.status, answer.facts["outcome"]) == (200, "confirmed")
    ((message,),) = [world.inbox.waiting()]
    (event,) = message.events
    assert (event.name, event.profile, event.correlation) == ("consent_given", "profile-1", "c-1")
    assert event.consent == ConsentFact(
        "email", "marketing", wording="confirmation-page-1", proof="message-1", confirmed=True
    )
    assert world.stopped() == frozenset()


def test_a_confirmation_that_nobody_heard_is_not_confirmed() -> None:
    world = World(inbox=DownInbox(MemoryClock(NOW)))
    answer = world.preferences.stop(confirming(world))
    assert (answer.status, answer.facts["outcome"]) == (503, "failed")


def test_neither_link_is_ever_the_other() -> None:
    world = World()
    assert LINKS.read(confirming(world)) is None
    assert LINKS.read(world.token, CONFIRMS) is None
    forged = urlsafe_b64decode(confirming(world) + "==")
    assert LINKS.read(urlsafe_b64encode(b"\x01" + forged[1:]).decode().rstrip("=")) is None


def test_an_old_mailbox_confirms_nothing_at_the_new_address() -> None:
    contacts, customers = MemoryContacts(), MemoryCustomers()
    customers.write(Profile("profile-1", NOW), (), None, None)
    world = World()
    addresses = KnownAddresses(contacts, world.suppressions, dict)
    preferences = Preferences(
        world.suppressions, world.inbox, LINKS, lambda: "", world.clock, LiveProfiles(customers.read), addresses
    )
    for address, status in (("ann@new.example.com", 404), ("Ann@example.com", 200)):
        contacts.put("profile-1", "profile", {"email": address}, world.clock.now())
        assert preferences.stop(confirming(world)).status == status
        world.clock.advance(timedelta(minutes=1))
    assert len(world.inbox.waiting()) == 1
