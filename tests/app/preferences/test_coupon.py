"""The page of a coupon: whoever has the link sees the code, once used or over they see that."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.http import HttpAnswer
from kairos.app.ports import InboxMessage
from kairos.app.preferences.coupon import VERSION, CouponLink, CouponLinks, CouponPages, picture_of
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.tracked import TrackedLinks
from kairos.domain.errors import Unavailable
from kairos.domain.ids import digest
from kairos.domain.profile import Entry, Profile
from kairos.memory import MemoryClock, MemoryCustomers, MemoryInbox
from tests.app.preferences.test_clicks import PHONE
from tests.app.preferences.test_unsubscribe import OLD

NOW = datetime(2026, 11, 22, 3, 0, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LINKS = CouponLinks(lambda: OLD, "https://api.example.com")
LINK = CouponLink("SPRING-7K2P", NOW + DAY, digest("profile"), digest("message"), NOW - timedelta(hours=1))


class World:
    """The use case over dictionaries."""

    def __init__(self, profile: Profile | None = None) -> None:
        self.clock, self.customers = MemoryClock(NOW), MemoryCustomers()
        self.inbox = MemoryInbox(self.clock)
        if profile is not None:
            self.customers.write(profile, (), None, None)

    def show(self, link: CouponLink = LINK, headers: Mapping[str, str] = PHONE) -> HttpAnswer:
        brand = {"name": "봄날 상점", "timezone": "Asia/Seoul"}
        pages = CouponPages(LINKS, LiveProfiles(self.customers.read), self.inbox, lambda: brand, self.clock)
        return pages.show(LINKS.token(link), "GET", headers, "c-1")


def customer(*, used: bool) -> Profile:
    entry = Entry("coupon", LINK.code, NOW, NOW + DAY, {}, occurred_at=NOW, cancelled=used)
    return Profile(LINK.profile, NOW, entries={("coupon", LINK.code): entry})


def test_the_link_says_which_code_until_when() -> None:
    url = LINKS.url(LINK)
    assert url.startswith("https://api.example.com/m/")
    assert len(url.rpartition("/")[2]) < 120
    assert LINKS.read(url.rpartition("/")[2]) == LINK


def test_nobody_else_writes_one_and_no_other_link_is_one() -> None:
    raw = urlsafe_b64decode(LINKS.token(LINK) + "==")
    assert raw[0] == VERSION
    forged = raw.replace(b"SPRING-7K2P", b"SPRING-0000")
    assert LINKS.read(urlsafe_b64encode(forged).decode().rstrip("=")) is None
    assert TrackedLinks(lambda: OLD).read(LINKS.token(LINK)) is None
    for token in ("", "x", "A" * 700, "A" * 40, "쿠폰"):
        assert LINKS.read(token) is None


def test_a_coupon_is_shown_with_its_picture_and_its_end_on_the_brands_clock() -> None:
    answer = World(customer(used=False)).show(headers={**PHONE, "accept-language": "ko"})
    assert (answer.status, answer.facts["outcome"]) == (200, "open")
    assert "<code>SPRING-7K2P</code>" in answer.body
    assert "<svg" in answer.body
    assert "2026-11-23 12:00까지" in answer.body
    assert "script" not in answer.headers["Content-Security-Policy"].replace("default-src", "")
    assert answer.headers["Cache-Control"] == "no-store"


def test_opening_it_is_a_click_and_redeems_nothing() -> None:
    world = World(customer(used=False))
    for _ in range(2):
        world.show()
    (message,) = world.inbox.waiting()
    (event,) = message.events
    assert (event.name, event.message, dict(event.properties)) == ("message_clicked", LINK.message, {})
    world.show(headers={"user-agent": "Slackbot-LinkExpanding 1.0"})
    assert [each.events[0].properties for each in world.inbox.waiting()][1:] == [{"machine": True}]


def test_a_used_coupon_and_one_that_has_ended_say_so_and_show_no_code() -> None:
    used = World(customer(used=True)).show()
    over = World(customer(used=False)).show(replace(LINK, ends_at=NOW))
    for answer, outcome in ((used, "used"), (over, "over")):
        assert answer.facts["outcome"] == outcome
        assert LINK.code not in answer.body
        assert "<svg" not in answer.body


def test_whose_item_is_gone_or_cannot_be_read_sees_the_code_all_the_same() -> None:
    class Down(MemoryCustomers):
        def read(self, profile: str) -> Profile | None:
            raise Unavailable("customers")

    gone, down = World(), World()
    down.customers = Down()
    assert gone.show().facts["outcome"] == down.show().facts["outcome"] == "open"
    assert gone.inbox.waiting() == down.inbox.waiting() == [], "nobody is brought back by it"


def test_an_inbox_that_is_down_keeps_nobody_from_their_coupon() -> None:
    class Down(MemoryInbox):
        def put(self, messages: Sequence[InboxMessage]) -> None:
            raise Unavailable("inbox")

    world = World(customer(used=False))
    world.inbox = Down(world.clock)
    assert world.show().status == 200


def test_a_code_cannot_bring_markup() -> None:
    link = replace(LINK, code='<script>alert("x")</script>')
    assert "<script" not in World().show(link).body


@pytest.mark.parametrize("code", ["A", "SPRING-7K2P", "봄날-쿠폰", "x" * 100])
def test_a_picture_is_dark_on_light_and_needs_no_style(code: str) -> None:
    svg = picture_of(code)
    assert 'fill="#fff"' in svg
    assert "style=" not in svg
    assert "viewBox" in svg
