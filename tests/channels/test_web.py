"""On-site messages: what a browser may be handed, and what happens where the board does not answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.ports import Notice
from kairos.channels.web import CHARACTERS_MAX, FORMS, FREQUENCIES, is_web_address, safe_content
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.memory import MemoryBoard
from kairos.registry import Channel, Delivery, Rendered, load

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
END = NOW + timedelta(hours=24)
WEB: Channel = load("channels", "web")


def delivery(at: datetime | None = NOW, /, **parts: str) -> Delivery:
    return Delivery("m" * 26, "p1", Rendered({"text": "Hello", **parts}), True, {}, {}, None, at, END)


class DeadBoard:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        raise self.error

    def read(self, profile: str, now: datetime) -> list[Notice]:
        raise self.error

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        raise self.error


def test_a_message_lies_ready_for_its_profile_until_it_expires() -> None:
    board = MemoryBoard()
    assert WEB.send(delivery(title="Your cart", link="https://shop.example.com/cart"), board) == "m" * 26
    (notice,) = board.read("p1", END - timedelta(seconds=1))
    assert notice.content == {
        "form": "popup",
        "frequency": "once",
        "title": "Your cart",
        "text": "Hello",
        "link": "https://shop.example.com/cart",
    }
    assert board.read("p1", END) == []


def test_sending_again_shows_it_once() -> None:
    board = MemoryBoard()
    WEB.send(delivery(), board)
    WEB.send(delivery(), board)
    assert len(board.read("p1", NOW)) == 1


@pytest.mark.parametrize("error", [Unavailable("board", "no answer"), Throttled("board", "too fast")])
def test_an_answer_that_was_lost_is_asked_for_again_since_posting_twice_is_posting_once(error: Exception) -> None:
    with pytest.raises(Throttled):
        WEB.send(delivery(), DeadBoard(error))


@pytest.mark.parametrize(
    "parts",
    [
        {"link": "javascript:alert(1)"},
        {"link": "JaVaScRiPt:alert(1)"},
        {"link": " data:text/html,<script>alert(1)</script>"},
        {"link": "//evil.example.com/"},
        {"link": "/cart"},
        {"link": "https://"},
        {"link": "https://shop.example.com@evil.example.com/"},
        {"link": 'https://shop.example.com/"><script>'},
        {"link": "https://shop.example.com/\\evil"},
        {"link": "https://[::1"},
        {"link": "https://shop.example.com/" + "a" * 1_000},
        {"image": "file:///etc/passwd"},
        {"form": "page"},
        {"frequency": "hourly"},
        {"form": "slot"},
        {"form": "slot", "slot": '"]'},
    ],
)
def test_what_a_page_must_not_be_handed_is_refused(parts: dict[str, str]) -> None:
    with pytest.raises(Refused):
        WEB.send(delivery(NOW, **parts), MemoryBoard())


def test_a_message_without_an_end_is_refused() -> None:
    with pytest.raises(Refused):
        WEB.send(delivery(None), MemoryBoard())


def test_long_texts_are_cut_and_signs_that_nobody_sees_are_gone() -> None:
    content = safe_content({"title": "t" * 999, "text": "a\u202eb\x00c\n" + "d" * 999})
    assert len(content["title"]) == CHARACTERS_MAX["title"]
    assert content["text"].startswith("abc\nd")
    assert len(content["text"]) == CHARACTERS_MAX["text"]


@given(st.dictionaries(st.sampled_from([*WEB.parts, "html"]), st.text(max_size=80)))
def test_whatever_a_template_makes_is_refused_or_plain(parts: dict[str, str]) -> None:
    try:
        content = safe_content(parts)
    except Refused:
        return
    assert set(content) <= set(WEB.parts)
    assert content["form"] in FORMS
    assert content["frequency"] in FREQUENCIES
    assert all(is_web_address(content[part]) for part in ("link", "image") if part in content)


def test_it_needs_no_contact_and_its_reports_come_back() -> None:
    found: Any = WEB
    assert (found.name, found.address, found.reports_back, found.required) == ("web", "", True, ("text",))
