"""Links to the brand's own hosts lead over ours; nobody else's do, whatever a blank was filled with."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from kairos.app.definitions.brand import check_brand
from kairos.app.deliver.links import count_links, is_counted
from kairos.app.preferences.tracked import Tracked, TrackedLinks
from kairos.registry import Rendered
from tests.app.delivery import BRAND, NOON, World
from tests.app.preferences.test_unsubscribe import OLD

HOSTS = frozenset({"shop.example.com"})


def counted(channel: str = "email", **parts: str) -> dict[str, str]:
    return dict(count_links(Rendered(parts), channel, HOSTS, lambda url: f"<{url}>").parts)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("Go: https://shop.example.com/a?b=1&c=2.", "Go: <https://shop.example.com/a?b=1&c=2>."),
        ("(https://shop.example.com)", "(<https://shop.example.com>)"),
        ("https://shop.example.com/꽃", "<https://shop.example.com/>꽃"),
        ("https://shop.example.com/a에서 보세요", "<https://shop.example.com/a>에서 보세요"),
        (
            "http://shop.example.com/a https://shop.example.com/b",
            "<http://shop.example.com/a> <https://shop.example.com/b>",
        ),
        ("https://evil.example.org/shop.example.com", "https://evil.example.org/shop.example.com"),
        ("https://shop.example.com.evil.org/", "https://shop.example.com.evil.org/"),
        ("https://shop.example.com@evil.org/", "https://shop.example.com@evil.org/"),
        ("https://shop.example.com:8443/", "https://shop.example.com:8443/"),
        ("ftp://shop.example.com/", "ftp://shop.example.com/"),
    ],
)
def test_in_a_text_only_links_to_own_hosts_are_counted(written: str, made: str) -> None:
    assert counted(text=written) == {"text": made}
    assert counted("sms", text=written) == {"text": made}


def test_in_html_a_link_keeps_everything_but_its_address() -> None:
    html = (
        '<p>https://shop.example.com/plain</p><a class="b" href="https://shop.example.com/?a=1&amp;b=2">x</a>'
        "<A HREF='https://shop.example.com/q'>y</A><img src=\"https://shop.example.com/i.png\">"
        '<a href="https://evil.example.org/">z</a><a href="mailto:a@shop.example.com">m</a>'
    )
    made = unescape(counted(html=html)["html"])
    assert '<a class="b" ses:no-track href="<https://shop.example.com/?a=1&b=2>">x</a>' in made
    assert '<A ses:no-track HREF="<https://shop.example.com/q>">y</A>' in made
    for left in ("<p>https://shop.example.com/plain</p>", "i.png", "https://evil.example.org/", "mailto:"):
        assert left in made


def test_a_push_message_has_one_link_and_other_channels_and_parts_are_left() -> None:
    url = "https://shop.example.com/a"
    assert counted("push", text=url, link=url) == {"text": url, "link": f"<{url}>"}
    assert counted("email", subject=url, text=url) == {"subject": url, "text": f"<{url}>"}
    assert counted("kakao", text=url) == {"text": url}, "a template that was reviewed word by word stays as it is"
    assert counted("web", text=url, link=url) == {"text": url, "link": url}, "the tag counts its own clicks"


@pytest.mark.parametrize("url", ["https://shop.example.com/" + "a" * 1_500, "https://[::1", "javascript:alert(1)", ""])
def test_what_is_too_long_or_no_link_is_left(url: str) -> None:
    assert not is_counted(url, HOSTS)


def delivered(brand: dict[str, Any], text: str) -> str:
    """Return the text that production gates hand to the provider."""
    world = World(brand=brand)
    world.publish({**BRAND, **brand}, {"hello": {"email": {"subject": "Hi", "text": text}}})
    world.run()
    (delivery,) = world.channel.taken
    return delivery.rendered.parts["text"]


def test_a_brand_that_names_its_hosts_has_their_links_counted_as_sent_then_by_this_message() -> None:
    text = delivered({"links": {"hosts": ["shop.example.com"]}}, "Hi: https://shop.example.com/a {{ unsubscribe_url }}")
    first, refusal = text.removeprefix("Hi: ").split()
    assert refusal.startswith("https://api.example.com/u/")
    link = TrackedLinks(lambda: OLD).read(first.removeprefix("https://api.example.com/r/"))
    assert link == Tracked("https://shop.example.com/a", "p1", "m1", NOON)


def test_on_its_own_domain_where_it_has_one_and_not_at_all_where_it_says_nothing() -> None:
    links = {"hosts": ["shop.example.com"], "domain": "go.example.com"}
    assert delivered({"links": links}, "https://shop.example.com/a").startswith("https://go.example.com/r/")
    assert delivered({}, "https://shop.example.com/a") == "https://shop.example.com/a"


def test_an_address_that_a_stranger_wrote_into_their_name_is_never_led_over_ours() -> None:
    world = World(brand={"links": {"hosts": ["shop.example.com"]}})
    templates = {"hello": {"email": {"subject": "Hi", "text": "Dear {{ first_name }}"}}}
    world.publish({**BRAND, "links": {"hosts": ["shop.example.com"]}}, templates)
    world.contacts.put("p1", "profile", {"first_name": "https://evil.example.org/"}, NOON + timedelta(seconds=1))
    world.run()
    assert world.channel.taken[0].rendered.parts["text"] == "Dear https://evil.example.org/"


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"hosts": []},
        {"hosts": ["https://shop.example.com"]},
        {"hosts": ["Shop.example.com"]},
        {"hosts": ["*.example.com"]},
        {"hosts": ["localhost"]},
        {"hosts": ["shop.example.com"], "domain": "go.example.com/x"},
        {"hosts": ["shop.example.com"], "track": True},
    ],
)
def test_a_brand_names_hosts_and_nothing_else(links: dict[str, Any]) -> None:
    assert check_brand({**BRAND, "links": links})


def test_hosts_and_an_own_domain_are_fine() -> None:
    assert check_brand({**BRAND, "links": {"hosts": ["shop.example.com"], "domain": "go.example.com"}}) == []
