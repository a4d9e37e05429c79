"""What a browser says, and what it is answered: by its own id only, and of its own messages only."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.http import HttpAnswer, HttpRequest, to_event
from kairos.app.ingest.browsers import Browsers
from kairos.app.ingest.front import handle
from kairos.app.ingest.ingest import Ingest
from kairos.app.ingest.script import script
from kairos.app.ports import Notice
from kairos.aws.secret import Keyring
from kairos.memory import MemoryBoard
from tests.app.intake import NOW, Station

DEVICE, OTHER = "a" * 22, "B-_" * 8
MESSAGE, THEIRS = "m" * 26, "t" * 26
PAGE: dict[str, Any] = {"type": "page", "properties": {"path": "/cart"}, "messageId": "1"}


class Site(Station):
    """An ingest that answers browsers."""

    def __init__(self) -> None:
        super().__init__()
        self.board = MemoryBoard()
        self.keyring = Keyring("2", {"1": b"1" * 32, "2": b"2" * 32})
        self.browsers = Browsers(lambda: self.board, lambda: self.keyring)
        self.ingest = Ingest(
            self.identities,
            self.contacts,
            self.suppressions,
            self.inbox,
            self.connections,
            self.archive,
            browsers=self.browsers,
        )

    def tag(self, device: Any = DEVICE, key: str = "main.public", **body: Any) -> HttpAnswer:
        raw = json.dumps({"writeKey": key, "anonymousId": device, "batch": [], **body}).encode()
        return self.post("/v1/tag", raw, {"content-type": "text/plain;charset=UTF-8"})

    def visit(self, device: str = DEVICE) -> str:
        """Let a browser come for the first time; return whose it is."""
        assert self.tag(device, batch=[PAGE]).status == 200
        return self.inbox.waiting()[-1].profile

    def post_notice(self, profile: str, message: str = MESSAGE, **content: str) -> None:
        self.board.post(profile, Notice(message, {"text": "hi", **content}, NOW + timedelta(hours=1)), NOW)


def ready(answer: HttpAnswer) -> list[Mapping[str, Any]]:
    assert answer.status == 200, answer.body
    found: list[Mapping[str, Any]] = json.loads(answer.body)["messages"]
    return found


def report(token: str, kind: str = "shown", message: str = MESSAGE, **more: Any) -> dict[str, Any]:
    return {"message": message, "token": token, "kind": kind, **more}


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_page_view_becomes_an_event_of_the_browsers_profile_which_the_web_reaches(site: Site) -> None:
    site.visit()
    (event,) = site.events()
    assert (event.name, event.source, event.properties, event.reach) == (
        "page_viewed",
        "track",
        {"path": "/cart"},
        {"web": True},
    )


def test_the_tag_and_segments_library_name_the_same_person_by_the_same_id(site: Site) -> None:
    profile = site.visit()
    site.track({"event": "Cart Viewed", "anonymousId": DEVICE}, key="main.public")
    assert {message.profile for message in site.inbox.waiting()} == {profile}


def test_the_answer_carries_what_lies_ready_with_its_token(site: Site) -> None:
    profile = site.visit()
    site.post_notice(profile, form="banner")
    (message,) = ready(site.tag(batch=[{**PAGE, "messageId": "2"}]))
    assert message == {
        "id": MESSAGE,
        "token": site.browsers.token(MESSAGE, DEVICE),
        "form": "banner",
        "text": "hi",
    }


def test_asking_alone_costs_no_event_and_makes_nobody(site: Site) -> None:
    assert ready(site.tag()) == []
    assert (site.inbox.waiting(), site.identities.known) == ([], {})
    profile = site.visit()
    site.post_notice(profile)
    assert [one["id"] for one in ready(site.tag())] == [MESSAGE]


def test_another_browser_sees_nothing_of_it(site: Site) -> None:
    site.post_notice(site.visit())
    assert ready(site.tag(OTHER, batch=[PAGE])) == []
    mixed = [{**PAGE, "anonymousId": DEVICE, "messageId": "3"}]
    assert ready(site.tag(OTHER, batch=mixed)) == [], "a call's own id counts for nothing"


@pytest.mark.parametrize(
    "device", ["", None, "cust-1", "ann@example.com", "a" * 21, "a" * 65, "a" * 21 + "é", 7, ["a"]]
)
def test_an_id_that_can_be_guessed_is_no_browser(site: Site, device: Any) -> None:
    assert site.tag(device, batch=[PAGE]).status == 400
    assert site.inbox.waiting() == []


@pytest.mark.parametrize("key", ["main.wrong", "", "other.public"])
def test_without_the_shops_key_nothing_is_answered(site: Site, key: str) -> None:
    site.post_notice(site.visit())
    assert site.tag(key=key).status == 401


def test_a_secret_key_on_a_page_may_no_more_than_the_public_one(site: Site) -> None:
    call = {"type": "identify", "userId": "cust-1", "traits": {"email": "ann@example.com"}}
    assert site.tag(key="main.secret", batch=[call, PAGE]).status == 200
    assert [event.name for event in site.events()] == ["page_viewed"]
    assert "contacts" not in site.journal.calls


@pytest.mark.parametrize(
    "kind, name",
    [("shown", "message_opened"), ("clicked", "message_clicked"), ("dismissed", "message_dismissed")],
)
def test_a_report_is_an_event_of_that_message(site: Site, kind: str, name: str) -> None:
    profile = site.visit()
    token = site.browsers.token(MESSAGE, DEVICE)
    assert site.tag(reports=[report(token, kind)]).status == 200
    event = site.events()[-1]
    assert (event.name, event.message, event.properties) == (name, MESSAGE, {"channel": "web"})
    assert site.inbox.waiting()[-1].profile == profile


def test_the_same_report_twice_is_one_fact(site: Site) -> None:
    site.visit()
    token = site.browsers.token(MESSAGE, DEVICE)
    for _ in range(2):
        site.tag(reports=[report(token), report(token)])
    assert len({event.id for event in site.events() if event.message}) == 1


def test_nobody_reports_of_a_message_that_was_not_theirs(site: Site) -> None:
    site.visit()
    site.post_notice(site.visit(OTHER), THEIRS)
    token = site.browsers.token(THEIRS, OTHER)
    forged = [
        report(site.browsers.token(MESSAGE, DEVICE), message=THEIRS),
        report(token, message=THEIRS),
        report("", message=THEIRS),
        report(token[:-1], message=THEIRS, over=True),
    ]
    for each in forged:
        assert site.tag(reports=[each]).status == 400
    assert [event.message for event in site.events()] == [None, None]
    assert ready(site.tag(OTHER)) != []


def test_a_token_outlives_a_change_of_keys_and_not_its_key(site: Site) -> None:
    token = site.browsers.token(MESSAGE, DEVICE)
    site.keyring = Keyring("3", {"2": b"2" * 32, "3": b"3" * 32})
    assert site.browsers.is_token(token, MESSAGE, DEVICE)
    site.keyring = Keyring("3", {"3": b"3" * 32})
    assert not site.browsers.is_token(token, MESSAGE, DEVICE)


def test_what_is_over_is_taken_away_even_by_a_page_that_is_being_left(site: Site) -> None:
    profile = site.visit()
    site.post_notice(profile)
    site.tag(reports=[report(site.browsers.token(MESSAGE, DEVICE), "dismissed", over=True)], leaving=True)
    assert site.board.read(profile, NOW) == []


def test_a_page_that_is_being_left_is_answered_nothing(site: Site) -> None:
    site.post_notice(site.visit())
    assert ready(site.tag(batch=[PAGE], leaving=True)) == []


def test_one_wrong_call_spoils_no_other(site: Site) -> None:
    answer = site.tag(batch=[{"type": "page", "timestamp": 5}, 7, PAGE], reports=[report("x")])
    assert len(json.loads(answer.body)["refused"]) == 3
    assert len(site.events()) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=9), each, max_size=3),
    max_leaves=8,
)


@given(batch=JSON, reports=JSON, device=JSON | st.just(DEVICE))
def test_whatever_a_page_sends_the_answer_is_theirs_to_understand(batch: Any, reports: Any, device: Any) -> None:
    assert Site().tag(device, batch=batch, reports=reports).status in (200, 400)


# ---- the script ------------------------------------------------------------------------------------------------


def fetch(method: str = "GET", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return handle(Site().ingest, HttpRequest(method, "/v1/tag.js", named, b"", NOW))


def test_the_script_is_served_as_it_stands_and_compressed_where_a_browser_says_so() -> None:
    plain, packed = fetch(), to_event(fetch(accept_encoding="gzip, br"))
    assert plain.body.encode() == script()
    assert packed["isBase64Encoded"]
    assert gzip.decompress(base64.b64decode(packed["body"])) == script()
    assert "max-age" in plain.headers["cache-control"]


def test_the_script_is_not_sent_to_who_has_it() -> None:
    assert fetch(if_none_match=fetch().headers["etag"]).status == 304


def test_the_script_is_only_read() -> None:
    assert fetch("POST").status == 405


def test_the_script_is_under_six_kilobytes_and_needs_nothing_that_a_strict_policy_forbids() -> None:
    text = script().decode()
    assert len(gzip.compress(script(), 9)) < 6_000
    for forbidden in ("eval(", "new Function", "innerHTML", "outerHTML", "insertAdjacent", "document.write", "import("):
        assert forbidden not in text
