"""The picture of a simulation: what went out as bars, what stayed in outline on top of them."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from kairos.cli.simulate_picture import draw_messages
from kairos.cli.simulate_summary import Summary
from kairos.domain.reason import Reason

SVG = "{http://www.w3.org/2000/svg}"


def told(kind: str, day: int, reason: str = "") -> Reason:
    return Reason(datetime(2026, 3, day, 3, tzinfo=UTC), "u1", kind, reason, "cart", 1, channel="email")


def drawn(*reasons: Reason) -> ElementTree.Element:
    summary = Summary(ZoneInfo("Asia/Seoul"))
    for reason in reasons:
        summary.tell(reason)
    return ElementTree.fromstring(draw_messages(summary))


def test_what_was_held_and_what_was_given_up_stand_on_top_of_what_went_out() -> None:
    picture = drawn(told("message", 2), told("message", 2), told("held", 2, "quiet hours"), told("not_sent", 2, "cap"))
    rows = [(rect, rect.find(f"{SVG}title")) for rect in picture.iter(f"{SVG}rect")]
    bars = {title.text: rect for rect, title in rows if title is not None}
    assert list(bars) == ["2026-03-02 cart: 2", "2026-03-02 held for later: 1", "2026-03-02 not sent: 1"]
    tops = [float(rect.attrib["y"]) for rect in bars.values()]
    heights = [float(rect.attrib["height"]) for rect in bars.values()]
    assert heights == [150, 75, 75]
    assert tops[1] == tops[0] - heights[1]
    assert tops[2] == tops[1] - heights[2]
    assert [rect.attrib["fill"] == "none" for rect in bars.values()] == [False, True, True]
    assert "held for later: 1" in "".join(picture.itertext())


def test_a_day_on_which_all_was_held_has_its_outline() -> None:
    titles = [title.text for title in drawn(told("held", 2), told("message", 4)).iter(f"{SVG}title")]
    assert titles == ["2026-03-04 cart: 1", "2026-03-02 held for later: 1"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert list(drawn().iter(f"{SVG}title")) == []
