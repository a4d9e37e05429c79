"""`python -m tests.browser.mail_pictures [NAME …]` pictures every mail that is shipped, or those named: telephone and
desk, light and dark, side by side, as docs/pictures/mails/NAME.webp; and writes docs/mails.md, which shows them all.

What each picture was taken of is kept beside them as a hash, so that a test tells when a template has changed since.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser

from kairos.domain.canonical import fingerprint
from tests.browser.chromium import install_chromium, running_chromium
from tests.browser.test_mail import SCHEMES, WIDTHS, page_of
from tests.examples.ready_made import Mail
from tests.examples.shipped import shipped_mails

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = DOCS / "pictures" / "mails"
TAKEN_OF = PICTURES / "taken-of.json"
PAGE = DOCS / "mails.md"
WIDE = 640
"""A desk shows more than this, and all of it margin."""

QUALITY = 0.8

# Draws the shots beside each other at the size of a page, and returns them as WebP.
SHEET = """
async ([shots, gap, quality]) => {
  const images = await Promise.all(shots.map(async ([data, width]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    return [image, width / 2, image.height * width / image.width / 2];
  }));
  const canvas = document.createElement('canvas');
  canvas.width = images.reduce((sum, [, width]) => sum + width + gap, gap);
  canvas.height = Math.max(...images.map(([, , height]) => height)) + 2 * gap;
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.fillStyle = '#cfd5d1';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let x = gap;
  for (const [image, width, height] of images) {
    pen.drawImage(image, x, gap, width, height);
    x += width + gap;
  }
  return canvas.toDataURL('image/webp', quality).split(',')[1];
}
"""
HEAD = """# The mails that are shipped

Each as it arrives, on a telephone and on a desk, in light and in dark, with what the law adds to advertising; made by
`make pictures`. A test looks at all of them, with short names and long ones, for what sticks
out, what can hardly be read and what no finger hits. How they are written is in
[templates](templates.md#ready-made-templates).
"""


def picture_name(mail: Mail) -> str:
    """Return the name of a mail's picture, without its ending."""
    return mail.name.removesuffix("-email")


def taken_of(mail: Mail) -> str:
    """Return the hash of what a picture shows."""
    return fingerprint(mail.rendered.parts["html"])[:16]


def take(browser: Browser, mail: Mail) -> bytes:
    """Return the picture of one mail, as WebP."""
    shots = []
    for scheme in SCHEMES:
        for width in (min(each, WIDE) for each in WIDTHS.values()):
            with page_of(browser, width, scheme, 200) as page:
                page.set_content(mail.rendered.parts["html"], wait_until="load")
                shots.append([base64.b64encode(page.screenshot(full_page=True)).decode(), width])
    with page_of(browser, WIDE, "light") as page:
        return base64.b64decode(page.evaluate(SHEET, [shots, 12, QUALITY]))


def page_about(mails: Iterable[Mail]) -> str:
    """Return docs/mails.md."""
    own: list[str] = []
    korean: list[str] = []
    english: list[str] = []
    ready = {path.stem for path in (DOCS.parent / "examples" / "ready-made" / "templates").glob("*.yaml")}
    for mail in mails:
        name = picture_name(mail)
        shown = f"**{name}**: {mail.rendered.parts['subject']}\n\n![{name}](pictures/mails/{name}.webp)\n"
        (own if mail.template not in ready else korean if mail.language == "ko" else english).append(shown)
    parts = {"Spring Day, a Korean flower shop": own, "Ready-made, Korean": korean, "Ready-made, English": english}
    return "\n".join((HEAD, *(f"## {head}\n\n" + "\n".join(shown) for head, shown in parts.items())))


def main(names: list[str]) -> None:
    """Take the pictures that are asked for, all where none is named."""
    path = install_chromium()
    if path is None:
        sys.exit("no Chromium here")
    mails = list(shipped_mails())
    known = json.loads(TAKEN_OF.read_text("utf-8")) if TAKEN_OF.exists() else {}
    PICTURES.mkdir(exist_ok=True)
    with running_chromium(path) as browser:
        for mail in mails:
            if not names or picture_name(mail) in names:
                (PICTURES / f"{picture_name(mail)}.webp").write_bytes(take(browser, mail))
                known[picture_name(mail)] = taken_of(mail)
    shipped = {picture_name(mail) for mail in mails}
    for picture in PICTURES.glob("*.webp"):
        if picture.stem not in shipped:
            picture.unlink()
    kept = {name: hashed for name, hashed in sorted(known.items()) if name in shipped}
    TAKEN_OF.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(page_about(mails), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
