"""Every mail that is shipped in a real browser: on a telephone and on a desk, in light and in dark, nothing sticks out,
everything can be read, and a finger hits each button. The pictures of them are in docs/mails.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.examples.ready_made import Mail
from tests.examples.shipped import shipped_mails

pytestmark = pytest.mark.xdist_group("browser")
WIDTHS = {"phone": 360, "desk": 900}
SCHEMES = ("light", "dark")
CONTRAST_MIN = 4.5  # WCAG 2.2, 1.4.3
TOUCH_MIN = 44  # pixels; WCAG 2.2, 2.5.5
LONG = {"ko": "가나다라마바사아자차카타파하" * 6, "en": "Wolfeschlegelstein" * 5}

# Yields what sticks out of the window, texts too close in colour to what is behind them, and buttons no finger hits.
LOOK = """
([least, touch]) => {
  const wide = [], faint = [], small = [];
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    const shown = box.width > 0 && box.height > 0 && getComputedStyle(e).visibility !== 'hidden';
    if (!shown) continue;
    if (box.right > innerWidth + 0.5 || box.left < -0.5) wide.push(e.tagName + ' ' + e.textContent.trim().slice(0, 40));
    const filled = numbers(getComputedStyle(e).backgroundColor);
    if (e.tagName === 'A' && (filled.length === 3 || filled[3] > 0.99) && box.height < touch)
      small.push(box.height + ' ' + e.textContent.trim().slice(0, 40));
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) faint.push(ratio.toFixed(2) + ' ' + e.textContent.trim().slice(0, 40));
  }
  if (document.documentElement.scrollWidth > innerWidth) wide.push('the page');
  return {wide, faint, small};
}
"""
# Yields texts in Korean that may be broken within a word.
BROKEN = """
() => [...document.body.querySelectorAll('*')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && /[가-힣]/.test(n.textContent)))
  .filter(e => getComputedStyle(e).wordBreak !== 'keep-all' && getComputedStyle(e).display !== 'none')
  .map(e => e.textContent.trim().slice(0, 40))
"""
FLOWER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 84 84"><rect width="84" height="84" fill="#e7efe9"/>'
    '<g fill="{}"><circle cx="42" cy="26" r="13"/><circle cx="58" cy="40" r="13"/><circle cx="52" cy="58" r="13"/>'
    '<circle cx="32" cy="58" r="13"/><circle cx="26" cy="40" r="13"/></g>'
    '<circle cx="42" cy="44" r="10" fill="#f6d365"/></svg>'
)
COLOURS = ("#d64550", "#e08ea8", "#8f9fd0", "#c7a44a")


@contextmanager
def page_of(browser: Browser, width: int, scheme: str, height: int = 700) -> Iterator[Page]:
    """Open a window that asks nobody for anything: pictures are drawn here."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    context.route("**/*", _draw)
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()


def _draw(route: Route) -> None:
    digits = [int(sign) for sign in route.request.url if sign.isdigit()]
    colour = COLOURS[(digits[-1] if digits else 0) % len(COLOURS)]
    route.fulfill(content_type="image/svg+xml", body=FLOWER.format(colour))


@pytest.fixture(scope="module")
def every() -> list[Mail]:
    return [*shipped_mails(), *shipped_mails(LONG)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_sticks_out_and_everything_can_be_read(
    browser: Browser, every: list[Mail], width: int, scheme: str
) -> None:
    with page_of(browser, width, scheme) as page:
        for mail in every:
            page.set_content(mail.rendered.parts["html"])
            looked = page.evaluate(LOOK, [CONTRAST_MIN, TOUCH_MIN])
            assert looked == {"wide": [], "faint": [], "small": []}, f"{mail.name} at {width}, {scheme}"


def test_korean_words_are_not_broken_in_two(browser: Browser) -> None:
    with page_of(browser, 360, "light") as page:
        for mail in shipped_mails():
            if mail.language == "ko":
                page.set_content(mail.rendered.parts["html"])
                assert page.evaluate(BROKEN) == [], mail.name


def test_the_look_sees_what_sticks_out_and_what_cannot_be_read_or_hit(browser: Browser) -> None:
    with page_of(browser, 360, "light") as page:
        faint = '<p style="color:#999;background:#aaa">faint</p>'
        small = '<a style="display:inline-block;background:#000;color:#fff;height:40px">small</a>'
        page.set_content(f'<p style="width:500px">wide</p>{faint}{small}')
        looked = page.evaluate(LOOK, [CONTRAST_MIN, TOUCH_MIN])
    assert [bool(looked["wide"]), len(looked["faint"]), len(looked["small"])] == [True, 1, 1]
