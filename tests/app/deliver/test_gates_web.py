"""The gates of a message for a page: the browser's agreement is the consent, and nobody's contacts go in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kairos.app.deliver.deliver import Deliver
from kairos.app.deliver.gates import Gates
from kairos.app.deliver.outcome import Outcome, Request
from kairos.app.ports import Board, Notice
from kairos.app.preferences.unsubscribe import UnsubscribeLinks
from kairos.app.publish.live import LiveRelease
from kairos.domain.consent import Consent
from kairos.domain.errors import Unavailable
from kairos.memory import MemoryBoard
from kairos.registry import load
from tests.app.delivery import BRAND, NOON, World
from tests.app.preferences.test_unsubscribe import OLD


class DeadBoard(MemoryBoard):
    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        raise Unavailable("board")

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        raise Unavailable("board")


class Shop(World):
    """The world of `delivery`, whose customer's message is for the shop's own pages."""

    def __init__(self, text: str = "{{ event.total }} won", board: Board | None = None) -> None:
        super().__init__()
        self.board = board or MemoryBoard()
        self.publish({**BRAND, "policies": ["kr"]}, {"hello": {"web": {"text": text}}})
        self.customer.messages["m1"] = replace(self.customer.messages["m1"], channel="web")
        self.customer.consents.clear()
        self.save()

    def send(self) -> Outcome:
        """Deliver the message, and return what became of it."""
        live = LiveRelease(self.releases)
        channels = {"web": load("channels", "web")}
        links = UnsubscribeLinks(lambda: OLD, "https://api.example.com")
        gates = Gates(
            self.customers,
            self.contacts,
            self.suppressions,
            live.read,
            channels,
            links,
            self.suppressions.hash_address,
            self.clock,
        )
        deliver = Deliver(
            gates,
            live.read,
            self.ledger,
            self.tokens,
            self.outbox,
            self.inbox,
            channels,
            {"web": self.board},
            self.clock,
        )
        [done] = deliver.handle([Request("r", replace(self.request, channel="web"))])
        return done.outcome


def test_advertising_on_a_page_needs_no_word_but_the_browsers_own_and_no_label() -> None:
    shop = Shop()
    assert shop.send().kind == "sent"
    (notice,) = shop.board.read("p1", NOON)
    assert notice.content["text"] == "9000 won"
    assert notice.expires_at == NOON + timedelta(hours=24)


def test_who_refused_it_elsewhere_is_shown_none() -> None:
    shop = Shop()
    shop.customer.consents["web", "marketing"] = Consent(False, NOON)
    shop.save()
    assert shop.send().code == "no consent"
    assert shop.board.read("p1", NOON) == []


@pytest.mark.parametrize("purpose", ["marketing", "all"])
def test_a_stop_overtakes_the_queue_here_too(purpose: str) -> None:
    shop = Shop()
    shop.suppressions.suppress("web", "p1", purpose, "unsubscribed", NOON)
    assert shop.send().code == "suppressed"


def test_whoever_sits_at_the_device_is_not_told_whose_it_is() -> None:
    shop = Shop("Hi {{ first_name }}")
    assert shop.send().code == "template"
    shop = Shop("Hi {{ contact.email | default: 'there' }}")
    assert shop.send().kind == "sent"
    assert shop.board.read("p1", NOON)[0].content["text"] == "Hi there"


def test_a_board_that_does_not_answer_is_asked_again_since_nothing_is_shown_twice() -> None:
    assert Shop(board=DeadBoard()).send().kind == "waiting"


def test_a_message_whose_time_is_over_is_not_posted() -> None:
    shop = Shop()
    shop.clock.advance(timedelta(hours=24))
    assert shop.send().code == "expired"
