"""The web tag in a real browser, on a page with a strict policy, against the whole stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import EVIL, Site, Visitor, serving, visiting

pytestmark = pytest.mark.xdist_group("browser")
QUIET_MS = 700  # longer than the tag waits before it sends


@pytest.fixture(scope="module")
def shop(synthesised: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(synthesised, tmp_path_factory.mktemp("brand")) as site:
        yield site


@pytest.fixture
def site(shop: Site) -> Site:
    shop.attributes, shop.head, shop.body = "", "", ""
    return shop


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    with visiting(browser, site) as one:
        yield one
        assert one.complaints == [], "the page's policy and console are as they were without the tag"


def agree(visitor: Visitor, site: Site, path: str = "/", category: str = "", name: str = "") -> Page:
    site.head = f'<meta name="kairos:category" content="{category}"><meta name="kairos:name" content="{name}">'
    visitor.page.goto(site.url + path)
    visitor.page.get_by_role("button", name="Agree").click()
    return visitor.page


def wait_for_tag(page: Page) -> None:
    """Wait until the tag has run; Playwright's own way of waiting evaluates texts, which the page's policy forbids."""
    for _ in range(100):
        if page.evaluate("!!(window.kairos && kairos.track)"):
            return
        page.wait_for_timeout(50)
    pytest.fail("the tag did not run")


def test_nothing_is_stored_or_sent_before_consent_and_a_refusal_is_kept(visitor: Visitor, site: Site) -> None:
    visitor.page.goto(site.url)
    expect(visitor.page.get_by_role("button", name="Decline")).to_be_visible()
    visitor.page.evaluate("kairos.track('Product Added', {product_id: 'p1'})")
    visitor.page.wait_for_timeout(QUIET_MS)
    assert (visitor.calls, visitor.stored(), visitor.context.cookies()) == ([], {}, [])
    visitor.page.get_by_role("button", name="Decline").click()
    visitor.page.reload()
    wait_for_tag(visitor.page)
    visitor.page.wait_for_timeout(QUIET_MS)
    assert visitor.page.locator(".kairos").count() == 0, "nobody is asked twice"
    assert (visitor.calls, visitor.stored()) == ([], {"kairos.consent": "no"})


def test_a_browser_that_says_no_to_all_sites_is_not_even_asked(browser: Browser, site: Site) -> None:
    with visiting(browser, site) as visitor:
        visitor.page.add_init_script(
            "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
        )
        visitor.page.goto(site.url)
        wait_for_tag(visitor.page)
        visitor.page.evaluate("kairos.consent(true)")
        visitor.page.wait_for_timeout(QUIET_MS)
        assert visitor.page.locator(".kairos").count() == 0
        assert visitor.calls == []


def test_the_question_is_the_owners_own_and_in_the_pages_language(visitor: Visitor, site: Site) -> None:
    site.attributes = 'data-lang="ko" data-text="기록해도 될까요? <b>" data-yes="좋아요"'
    visitor.page.goto(site.url)
    banner = visitor.page.get_by_role("dialog")
    expect(banner).to_contain_text("기록해도 될까요? <b>")
    expect(banner.get_by_role("button")).to_have_text(["거부", "좋아요"])


def test_a_page_view_becomes_an_event_of_a_profile_and_clicks_and_carts_follow(visitor: Visitor, site: Site) -> None:
    before = {profile.id for profile in site.cloud.profiles()}
    site.body = (
        '<button id="add" data-kairos="Product Added" data-kairos-product-id="sku-1" data-kairos-price="12000">Add'
        '</button><p id="p" data-kairos data-kairos-name="hero">Look</p>'
    )
    page = agree(visitor, site, "/shoes?utm_source=letter&email=ann@example.com")
    with page.expect_response("**/v1/tag"):
        page.locator("#add").click()
        page.locator("#p").click()
    page.wait_for_timeout(QUIET_MS)
    (profile,) = [one for one in site.cloud.profiles() if one.id not in before]
    assert profile.reach == {"web": True}
    calls = [call for body in visitor.sent() for call in body["batch"]]
    assert [(call["type"], call.get("event")) for call in calls] == [
        ("page", None),
        ("track", "Product Added"),
        ("track", "Element Clicked"),
    ]
    assert calls[0]["properties"] == {"category": "", "name": "", "path": "/shoes"}
    assert calls[0]["context"] == {"campaign": {"source": "letter"}}
    assert calls[1]["properties"] == {"product_id": "sku-1", "price": "12000"}
    assert "ann@example.com" not in str(visitor.sent()), "a page's query never leaves it"


def test_leaving_tells_how_long_the_page_was_seen(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/long")
    page.wait_for_timeout(1_100)
    page.goto("about:blank")
    page.wait_for_timeout(QUIET_MS)
    asked = [one.journey for profile in site.cloud.profiles() for one in profile.posted.values()]
    assert asked.count("left") == 1, "the journey that waits for page_left on this path has heard of it"


def test_a_journeys_popup_is_shown_and_closed_with_the_keyboard_and_never_comes_again(
    visitor: Visitor, site: Site
) -> None:
    page = agree(visitor, site, "/cart", "popup")
    popup = page.get_by_role("dialog", name="Your cart")
    expect(popup).to_be_visible()
    expect(popup).to_contain_text("It is still here.")
    link = popup.get_by_role("link", name="Go to the cart")
    assert link.get_attribute("href") == "https://shop.example.com/back/cart"
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    page.wait_for_timeout(QUIET_MS)
    kinds = [report["kind"] for body in visitor.sent() for report in body["reports"]]
    assert kinds == ["shown", "dismissed"]
    page.reload()
    page.wait_for_timeout(2_200)
    assert page.locator(".kairos").count() == 0
    (posted,) = [one for profile in site.cloud.profiles() for one in profile.posted.values() if one.journey == "popup"]
    assert posted.told == 1 | 2 | 4, "sent, delivered, opened"


def test_a_banner_shows_what_it_was_given_as_text_whatever_that_is(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/evil", "banner", EVIL.replace('"', "&quot;").replace("<", "&lt;"))
    banner = page.locator(".kairos-banner")
    expect(banner).to_contain_text(EVIL)
    assert banner.evaluate("host => host.shadowRoot.querySelectorAll('img, script').length") == 0
    assert page.title() == "Shop"


def test_a_slot_is_filled_in_the_page_and_only_where_there_is_one(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/none", "slot")
    page.wait_for_timeout(2_200)
    assert page.locator(".kairos").count() == 0
    site.body = '<main><div data-kairos-slot="top"></div></main>'
    page.goto(f"{site.url}/there")
    expect(page.locator("[data-kairos-slot=top] .kairos-slot")).to_contain_text("In the page")
    page.reload()
    page.wait_for_timeout(QUIET_MS)
    assert page.locator(".kairos").count() == 0, "once a day"


def test_another_visitor_sees_nothing_of_it(browser: Browser, site: Site) -> None:
    with visiting(browser, site) as one, visiting(browser, site) as other:
        expect(agree(one, site, "/cart", "popup").locator(".kairos-popup [part=box]")).to_be_visible()
        page = agree(other, site, "/elsewhere")
        page.wait_for_timeout(2_000)
        assert page.locator(".kairos").count() == 0


def test_what_could_not_be_sent_is_sent_when_the_way_is_open_again(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/on")
    page.wait_for_timeout(QUIET_MS)
    seen = len(site.cloud.profiles())
    page.route("**/v1/tag", lambda route: route.abort())
    page.evaluate("kairos.track('Product Viewed', {product_id: 'p9'})")
    page.wait_for_timeout(QUIET_MS)
    page.unroute("**/v1/tag")
    with page.expect_response("**/v1/tag") as answered:
        page.evaluate("dispatchEvent(new Event('online'))")
    assert answered.value.ok
    assert "p9" in (answered.value.request.post_data or "")
    assert len(site.cloud.profiles()) == seen
    assert all("ERR_FAILED" in complaint for complaint in visitor.complaints), "the browser's own word, and no other"
    visitor.complaints.clear()


def test_who_changes_their_mind_leaves_nothing_behind(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/mind")
    page.wait_for_timeout(QUIET_MS)
    assert "kairos.id" in visitor.stored()
    page.evaluate("kairos.consent(false)")
    assert visitor.stored() == {"kairos.consent": "no"}
    sent = len(visitor.calls)
    page.evaluate("kairos.track('Product Viewed')")
    page.wait_for_timeout(QUIET_MS)
    assert len(visitor.calls) == sent


def test_the_clock_of_a_message_runs_out(visitor: Visitor, site: Site) -> None:
    page = agree(visitor, site, "/late", "popup")
    expect(page.locator(".kairos-popup [part=box]")).to_be_visible()
    device = page.evaluate("kairos.id()")
    site.cloud.advance("31m")
    assert device not in str(site.cloud.items("BoardTable")), "the board knows no browser"
    with page.expect_response("**/v1/tag") as answered:
        page.evaluate("kairos.track('Product Viewed')")
    assert answered.value.json()["messages"] == []
