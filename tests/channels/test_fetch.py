"""Asking other people's servers: where a reading may go, how much it takes, and what it follows."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest

from kairos.channels._fetch import REDIRECTS_MAX, HttpsFetch
from kairos.domain.errors import Refused, Unavailable
from tests.channels.receiver import receiving, reply


def test_an_answer_comes_whole_with_its_headers() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 200, b"BEGIN:VCALENDAR", ETag='"v1"')
        answer = HttpsFetch(local=True)("GET", receiver.url + "/feed.ics?key=1", {"if-none-match": '"v0"'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"BEGIN:VCALENDAR", '"v1"')
    ((path, headers, _),) = receiver.received
    assert (path, headers["if-none-match"]) == ("/feed.ics?key=1", '"v0"')


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "file:///x"],
)
def test_what_leads_inside_or_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        HttpsFetch()("GET", url, {})


def test_a_redirect_is_looked_at_like_the_first_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host is let through, as one outside would be; where it points to is inside."""
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 302, location="http://169.254.169.254/latest/meta-data/")
        monkeypatch.setattr("kairos.channels._https.is_public", lambda address: address == "127.0.0.1")
        fetch = HttpsFetch(local=True)
        fetch._door._local = False  # the scheme is what a certificate would be needed for
        monkeypatch.setattr(type(fetch._door), "_checked", _any_scheme(type(fetch._door)._checked))
        with pytest.raises(Refused, match="not public"):
            fetch("GET", receiver.url, {})
    assert len(receiver.received) == 1


def _any_scheme(checked: Any) -> Any:
    def check(door: Any, url: str) -> Any:
        return checked(door, url.replace("http://", "https://"))._replace(scheme="http")

    return check


def test_redirects_are_followed_but_not_without_end_and_credentials_stay_with_their_host() -> None:
    with receiving() as other, receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 301, location=f"{other.url}/moved")
        answer = HttpsFetch(local=True)("GET", receiver.url, {"authorization": "Bearer t", "accept": "x"})
        assert answer.status == 200
        assert receiver.received[0][1]["authorization"] == "Bearer t"
        ((path, headers, _),) = other.received
        assert (path, headers["accept"], "authorization" in headers) == ("/moved", "x", False)
        receiver.answer = lambda handler: reply(handler, 302, location="/again")
        with pytest.raises(Refused, match="without end"):
            HttpsFetch(local=True)("GET", receiver.url, {"authorization": "Bearer t"})
        assert len(receiver.received) == 1 + REDIRECTS_MAX + 1
        assert receiver.received[-1][1]["authorization"] == "Bearer t"


def test_a_post_is_not_sent_on() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 307, location="/again")
        assert HttpsFetch(local=True)("POST", receiver.url, {}, b"{}").status == 307
    assert len(receiver.received) == 1


def test_what_is_larger_than_asked_for_is_refused_packed_or_not() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 200, b"x" * 1001)
        with pytest.raises(Refused, match="larger"):
            HttpsFetch(local=True)("GET", receiver.url, {}, bytes_max=1000)
        bomb = gzip.compress(b"x" * 50_000_000)
        receiver.answer = lambda handler: reply(handler, 200, bomb, Content_Encoding="gzip")
        with pytest.raises(Refused, match="larger"):
            HttpsFetch(local=True)("GET", receiver.url, {}, bytes_max=100_000)


def test_a_packed_answer_is_unpacked() -> None:
    with receiving() as receiver:
        packed = gzip.compress(b"BEGIN:VCALENDAR" * 100)
        receiver.answer = lambda handler: reply(handler, 200, packed, Content_Encoding="gzip")
        assert HttpsFetch(local=True)("GET", receiver.url, {}).body == b"BEGIN:VCALENDAR" * 100


@pytest.mark.parametrize("broken", [gzip.compress(b"BEGIN:VCALENDAR" * 100)[:-20], b"plain"], ids=["torn", "plain"])
def test_an_answer_that_is_packed_badly_is_none(broken: bytes) -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 200, broken, Content_Encoding="gzip")
        with pytest.raises(Unavailable):
            HttpsFetch(local=True)("GET", receiver.url, {})


def test_an_answer_that_breaks_off_is_none() -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b"BEGIN:VCALENDAR")

    with receiving() as receiver:
        receiver.answer = half
        with pytest.raises(Unavailable):
            HttpsFetch(local=True)("GET", receiver.url, {})


def test_a_server_that_drips_is_cut_off() -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            time.sleep(0.1)
            handler.wfile.write(b"x")

    with receiving() as receiver:
        receiver.answer = drip
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            HttpsFetch(local=True, seconds=0.3)("GET", receiver.url, {})
        assert time.monotonic() - begun < 3


def test_who_follows_no_redirect_is_told_of_it() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 302, location=f"{receiver.url}/elsewhere")
        assert HttpsFetch(local=True, redirects=0)("GET", receiver.url, {}).status == 302
        assert len(receiver.received) == 1
