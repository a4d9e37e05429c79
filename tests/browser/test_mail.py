"""The ready-made mails in a real browser: on a telephone and on a desk, in light and in dark, nothing sticks out and
everything can be read.

`python -m tests.browser.test_mail` writes the pictures of docs/pictures anew.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.chromium import install_chromium, running_chromium
from tests.examples.ready_made import Mail, full, mails

pytestmark = pytest.mark.xdist_group("browser")
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTHS = {"phone": 360, "desk": 900}
SCHEMES = ("light", "dark")
CONTRAST_MIN = 4.5  # WCAG 2.2, 1.4.3
SHEETS = {"ahead": "visit-ahead", "now": "cart-waiting", "recovery": "delivery-delayed"}

# Yields what sticks out of the window, and texts too close in colour to what is behind them.
LOOK = """
(least) => {
  const wide = [], faint = [];
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
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) faint.push(ratio.toFixed(2) + ' ' + e.textContent.trim().slice(0, 40));
  }
  if (document.documentElement.scrollWidth > innerWidth) wide.push('the page');
  return {wide, faint};
}
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
    long = {"ko": full("ko", "가나다라마바사아자차카타파하" * 6), "en": full("en", "Wolfeschlegelstein" * 5)}
    return [*mails("email", {language: full(language) for language in long}), *mails("email", long)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_sticks_out_and_everything_can_be_read(
    browser: Browser, every: list[Mail], width: int, scheme: str
) -> None:
    with page_of(browser, width, scheme) as page:
        for mail in every:
            page.set_content(mail.rendered.parts["html"])
            looked = page.evaluate(LOOK, CONTRAST_MIN)
            assert looked == {"wide": [], "faint": []}, f"{mail.name} at {width}, {scheme}"


def test_the_look_sees_what_sticks_out_and_what_cannot_be_read(browser: Browser) -> None:
    with page_of(browser, 360, "light") as page:
        page.set_content('<p style="width:500px">wide</p><p style="color:#999;background:#aaa">faint</p>')
        looked = page.evaluate(LOOK, CONTRAST_MIN)
    assert [bool(looked["wide"]), len(looked["faint"])] == [True, 1]


def test_every_picture_of_a_mail_is_there_and_small() -> None:
    for kind in SHEETS:
        for language in ("ko", "en"):
            picture = PICTURES / f"mail-{kind}-{language}.png"
            assert 5_000 < picture.stat().st_size < 200_000, picture.name


def draw_sheets() -> None:
    """Write a picture for each kind of message and language: telephone and desk, light and dark, side by side."""
    path = install_chromium()
    if path is None:
        sys.exit("no Chromium here")
    with running_chromium(path) as browser:
        shown = [*mails("email", {language: full(language) for language in ("ko", "en")})]
        for kind, template in SHEETS.items():
            for mail in shown:
                if mail.template == template and not mail.variant:
                    _sheet(browser, mail, PICTURES / f"mail-{kind}-{mail.language}.png")


def _sheet(browser: Browser, mail: Mail, target: Path) -> None:
    shots = []
    for scheme in SCHEMES:
        for width in WIDTHS.values():
            with page_of(browser, min(width, 640), scheme, 200) as page:
                page.set_content(mail.rendered.parts["html"])
                shot = base64.b64encode(page.screenshot(full_page=True)).decode()
            shots.append(f'<img src="data:image/png;base64,{shot}" width="{min(width, 640) // 2}">')
    with page_of(browser, 1080, "light") as page:
        page.unroute_all()
        body = "".join(shots)
        style = "display:inline-flex;gap:12px;align-items:flex-start;background:#cfd5d1;padding:12px"
        page.set_content(f'<body style="margin:0"><div id="sheet" style="{style}">{body}</div></body>')
        page.locator("#sheet").screenshot(path=target)


if __name__ == "__main__":
    draw_sheets()
