"""Whoever publishes is told how long a text will be as it is sent: with all that is added, and its links counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.definitions.as_sent import TYPICAL_URL, as_sent
from kairos.app.definitions.lawful import check_sendable
from kairos.app.deliver.links import CountedLinks
from kairos.app.preferences.tracked import TrackedLinks
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.app.publish.publish import Publish
from kairos.aws.secret import Keyring
from kairos.domain.ids import digest
from kairos.memory import MemoryReleases
from kairos.registry import Delivery, Rendered, load
from tests.app.brands import brand, documents, journey, small_drafts, template

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LINKS = {"hosts": ["shop.example.com"]}
RING = Keyring("1", {"1": b"k" * 32})
SHORT = "봄 세일 https://shop.example.com/spring"


def really_sent(text: str, said: dict[str, Any], public_url: str) -> str:
    """Return the text as `deliver` hands it to the provider."""
    profile, message = digest("a", "profile"), digest("a", "message")
    refusal = Refusal("sms", f"1#{digest('hash') * 2}", profile, message)
    rendered = Rendered({"text": text})
    for name in said["policies"]:
        url = UnsubscribeLinks(lambda: RING, public_url).url(refusal)
        rendered = load("policies", name).apply(rendered, "sms", True, said, url)
    made = Delivery(message, "+821000000000", rendered, marketing=True, sender={}, tags={}, at=NOON)
    counted = CountedLinks(TrackedLinks(lambda: RING, public_url)).lead(made, "sms", profile, said)
    return counted.rendered.parts["text"]


@pytest.mark.parametrize("links", [None, LINKS, LINKS | {"domain": "go.example.com"}])
@pytest.mark.parametrize("policies", [[], ["kr"], ["us"], ["eu"]])
@pytest.mark.parametrize("public_url", [TYPICAL_URL, "https://link.example.com"])
def test_a_text_is_foreseen_as_long_as_it_is_sent(policies: list[str], links: Any, public_url: str) -> None:
    said = brand(policies=policies, **({"links": links} if links else {}))
    foreseen = as_sent({"text": SHORT}, "sms", True, said, public_url)["text"]
    assert len(foreseen) == len(really_sent(SHORT, said, public_url))


def test_where_the_address_of_the_api_is_not_known_a_typical_one_is_taken() -> None:
    said = brand(links=LINKS)
    assert as_sent({"text": SHORT}, "sms", True, said) == as_sent({"text": SHORT}, "sms", True, said, TYPICAL_URL)


def told(text: str, *, marketing: bool = True, public_url: str = "", **said: Any) -> list[tuple[str, bool]]:
    """Return what publishing says of a text message: the words, and whether they are a warning."""
    found = documents(("brand", "brand", brand(**said)), ("template", "hello", template(sms={"text": text})))
    problems = check_sendable(found, [("hello", marketing, "sms")], public_url)
    assert {(problem.file, problem.path) for problem in problems} <= {("template/hello", "sms.text")}
    return [(problem.message, problem.warning) for problem in problems]


def test_a_text_that_counted_links_make_an_lms_is_told() -> None:
    assert told(SHORT) == []
    [(message, warning)] = told(SHORT, links=LINKS)
    assert warning
    assert "it is an LMS and no SMS: LMS, " in message


def test_a_text_that_its_label_and_opt_out_make_an_lms_is_told_and_a_receipt_has_neither() -> None:
    text = "가" * 40
    assert [warning for _, warning in told(text, policies=["kr"])] == [True]
    assert told(text, policies=["kr"], marketing=False) == []


def test_elsewhere_the_segments_are_told() -> None:
    [(message, _)] = told("Spring sale: https://shop.example.com/spring", country="US", links=LINKS)
    assert message.startswith("as it is sent it takes 2 segments (GSM-7), and 1 as it was written")


def test_a_shorter_address_of_ones_own_may_save_a_segment() -> None:
    written = "Spring sale " + "x" * 10 + " https://shop.example.com/a"
    assert len(told(written, country="US", links=LINKS)) == 1
    assert told(written, country="US", links=LINKS, public_url="https://go.example.com") == []


def test_blanks_count_as_empty() -> None:
    assert told("{{ first_name | default: '" + "가" * 100 + "' }}님") == []


def test_a_text_that_no_network_would_take_as_it_is_sent_is_refused() -> None:
    text = "가" * 668
    assert told(text) == []
    assert told(text, policies=["kr"]) == [
        ("as it is sent: a text goes in at most 10 segments, and this takes 11", False)
    ]


def test_what_a_text_becomes_is_among_the_warnings_of_a_publish() -> None:
    drafts = small_drafts(("journey", "welcome", journey(steps=[{"send": "hello", "channel": "sms"}])))
    drafts.put("template", "hello", template(sms={"text": SHORT}))
    drafts.put("brand", "brand", brand(links=LINKS))
    published = Publish(drafts, MemoryReleases(), public_url="https://api.example.com").publish(None, NOON)
    assert any("LMS" in problem.message for problem in published.warnings)
