"""The unsubscribe page and the preference centre in a real browser: by keyboard alone, and without JavaScript.

`python -m tests.browser.test_preferences` takes their picture for the documentation.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kairos.app.http import HttpRequest
from kairos.app.preferences.clicks import Clicks
from kairos.app.preferences.coupon import CouponLink, CouponLinks, CouponPages
from kairos.app.preferences.front import Front
from kairos.app.preferences.preferences import Preferences
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.tracked import Tracked, TrackedLinks
from tests.app.preferences.test_centre import ANN, ASKS, LINKS, NOW, World
from tests.app.preferences.test_unsubscribe import OLD
from tests.browser.chromium import install_chromium, running_chromium

pytestmark = pytest.mark.xdist_group("browser")
PICTURE = Path(__file__).parents[2] / "docs/pictures/preference-centre.png"
PHONE = {"width": 360, "height": 740}
TABS_MAX = 15


class Site:
    """The pages over dictionaries, on a port of this machine."""

    def __init__(self) -> None:
        self.world = World(ANN, ASKS)
        self.url = ""
        self.tracked = TrackedLinks(lambda: OLD)
        self.coupons = CouponLinks(lambda: OLD)
        self.front = Front(self._one_click, lambda: self.world.centre, self._clicks, self._coupons)

    def _one_click(self) -> Preferences:
        world = self.world
        return Preferences(world.suppressions, world.inbox, LINKS, lambda: "봄날 상점", world.clock)

    def _clicks(self) -> Clicks:
        profiles = LiveProfiles(self.world.customers.read)
        return Clicks(self.world.inbox, profiles, self.tracked, lambda: "봄날 상점", self.world.clock)

    def _coupons(self) -> CouponPages:
        world = self.world
        return CouponPages(
            self.coupons, LiveProfiles(world.customers.read), world.inbox, lambda: world.release.brand, world.clock
        )

    def page_of(self, where: str) -> str:
        return f"{self.url}/{where}/{self.world.token()}"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args: Any) -> None:
        self.site = site
        super().__init__(*args)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.site.front.answer(HttpRequest(self.command, self.path, headers, body, NOW))
        raw = answer.body.encode()
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def site(served: Site) -> Site:
    served.world = World(ANN, ASKS)
    return served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a phone without JavaScript whose owner reads Korean."""
    context = browser.new_context(java_script_enabled=False, locale="ko-KR", viewport=PHONE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def tab_to(page: Page, role: Any, name: str) -> None:
    """Press Tab until a control has the focus, as somebody without a mouse does."""
    control = page.get_by_role(role, name=name)
    expect(control).to_be_visible()
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.locator(":focus").count() and page.locator(":focus").and_(control).count():
            return
    pytest.fail(f"Tab does not reach {role} {name!r}")


def test_by_keyboard_alone_and_without_javascript_one_refuses_and_then_chooses(page: Page, site: Site) -> None:
    page.goto(site.page_of("u"))
    assert site.world.suppressions.rows == {}, "opening changes nothing"
    tab_to(page, "button", "수신거부하기")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="수신거부가 완료되었습니다")).to_be_visible()
    assert site.world.stopped("email", "ann@example.com") == {"marketing"}
    tab_to(page, "link", "채널마다 따로 정하기")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="받는 데 동의하는 광고성 정보")).to_be_visible()
    tab_to(page, "checkbox", "카카오톡")
    page.keyboard.press("Space")
    tab_to(page, "radio", "상관없음")
    page.keyboard.press("ArrowDown")
    tab_to(page, "button", "저장하기")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("저장되었습니다.")
    expect(page.get_by_role("checkbox", name="카카오톡")).not_to_be_checked()
    assert site.world.stopped("kakao", "+821055500143") == {"marketing"}
    assert [event.traits for event in site.world.events() if event.traits] == [{"preferred_channel": "email"}]


def test_a_channel_that_the_link_does_not_prove_is_asked_for_there_and_stays_unticked(page: Page, site: Site) -> None:
    page.goto(site.page_of("p"))
    tab_to(page, "checkbox", "문자 메시지")
    page.keyboard.press("Space")
    tab_to(page, "button", "저장하기")
    page.keyboard.press("Enter")
    expect(page.get_by_text("문자 메시지: 확인 메시지를 보내 드렸습니다.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="문자 메시지")).not_to_be_checked()
    assert [event.name for event in site.world.events()] == ["consent_requested"]


def test_where_nobody_asks_there_the_box_cannot_be_ticked(page: Page, site: Site) -> None:
    site.world = World()
    page.goto(site.page_of("p"))
    expect(page.get_by_role("checkbox", name="문자 메시지 (이 링크로는 신청할 수 없음)")).to_be_disabled()


def test_pausing_and_stopping_everything_are_a_button_each(page: Page, site: Site) -> None:
    page.goto(site.page_of("p"))
    page.get_by_role("button", name="30일 동안 받지 않기").press("Enter")
    expect(page.get_by_text("2026-12-22까지 광고성 정보를 보내지 않습니다.")).to_be_visible()
    page.get_by_role("button", name="광고성 정보 모두 거부하기").press("Enter")
    expect(page.get_by_role("status")).to_have_text("광고성 정보를 더 이상 보내지 않습니다.")
    assert page.get_by_role("checkbox", checked=True).count() == 0
    site.world.clock.advance(timedelta(minutes=2))
    assert site.world.stopped("sms", "+821055500143") == {"marketing"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", ["u", "p"])
def test_a_page_fits_a_phone_in_both_schemes_and_may_load_nothing(
    browser: Browser, site: Site, where: str, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, locale="en-US", viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(site.page_of(where))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    smallest = page.evaluate("Math.min(...[...document.querySelectorAll('button')].map(b => b.offsetHeight))")
    assert smallest >= 44, "a finger must hit it"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 17)"
    assert dark is (scheme == "dark"), "the page's own style is in force under its policy"
    assert page.locator("html").get_attribute("lang") == "en"
    assert [url for url in asked if not url.endswith("/favicon.ico")] == [site.page_of(where)]
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []
    context.close()


def test_a_counted_link_leads_a_browser_on_and_counts_it(page: Page, site: Site) -> None:
    target = f"{site.page_of('u')}?landed=1"
    token = site.tracked.token(Tracked(target, "profile-1", "m-1", NOW - timedelta(hours=1)))
    page.goto(f"{site.url}/r/{token}")
    assert page.url == target
    (event,) = site.world.events()
    assert (event.name, event.message) == ("message_clicked", "m-1")


def test_a_coupon_is_shown_large_enough_for_a_till(page: Page, site: Site) -> None:
    link = CouponLink("SPRING-7K2P", NOW + timedelta(days=9), "profile-1", "m-1", NOW - timedelta(hours=1))
    page.goto(f"{site.url}/m/{site.coupons.token(link)}")
    picture = page.get_by_role("img", name="SPRING-7K2P QR 코드")
    box = picture.bounding_box()
    assert box is not None
    assert 200 <= box["width"] <= PHONE["width"]
    expect(page.get_by_text("SPRING-7K2P", exact=True)).to_be_visible()


def take_picture(to: Path) -> None:
    """Write how the preference centre looks on a phone, in Korean."""
    path = install_chromium()
    assert path is not None, "no Chromium"
    with running_chromium(path) as running, serving() as site:
        context = running.new_context(locale="ko-KR", viewport=PHONE, device_scale_factor=2)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(site.page_of("p"))
        page.screenshot(path=to, full_page=True)


if __name__ == "__main__":
    take_picture(PICTURE)
    sys.stderr.write(f"{PICTURE}\n")
