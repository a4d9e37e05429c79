"""The mails that are shipped are the ones that docs/mails.md shows, and both their bodies say enough."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from tests.browser.mail_pictures import PAGE, PICTURES, TAKEN_OF, page_about, picture_name, taken_of
from tests.examples.ready_made import Mail
from tests.examples.shipped import shipped_mails

MAILS = list(shipped_mails())
ROOM = 1_500_000
"""Bytes of all pictures together: whoever clones the repository waits for them."""


def test_every_mail_has_its_picture_of_what_it_is_now() -> None:
    """Where this fails, `python -m tests.browser.mail_pictures NAME` takes it anew."""
    assert json.loads(TAKEN_OF.read_text("utf-8")) == {picture_name(mail): taken_of(mail) for mail in MAILS}
    assert {path.stem for path in PICTURES.glob("*.webp")} == {picture_name(mail) for mail in MAILS}


def test_the_pictures_are_small_and_all_are_shown() -> None:
    sizes = [path.stat().st_size for path in Path(PICTURES).glob("*.webp")]
    assert min(sizes) > 3_000
    assert sum(sizes) < ROOM
    assert PAGE.read_text("utf-8") == page_about(MAILS)


@pytest.mark.parametrize("mail", MAILS, ids=picture_name)
def test_a_mail_has_a_whole_page_and_the_same_in_plain_text(mail: Mail) -> None:
    html, text = mail.rendered.parts["html"], mail.rendered.parts["text"]
    assert html.count("<body") == html.count("</body>") == html.count("</html>") == 1
    assert html.count("<table") == html.count("</table>")
    assert "color-scheme" in html
    assert len(html.encode()) < 60_000  # Gmail clips at 102 kB
    assert not re.search(r"</?(p|div|td|table|span|style)\b", text)
    assert len(text.split()) > 5
