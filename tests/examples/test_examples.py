"""The brands that newcomers copy: valid, ready to be published, and doing on their sample events what is written down.

After a wanted change of an example or of the engine: `python -m tests.examples.test_examples` writes the golden files.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos import registry
from kairos.app.definitions.documents import Documents, check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.ready import check_ready
from kairos.app.definitions.template import PARTIAL, channels_of
from kairos.app.render.choose import partials_in
from kairos.app.render.local_time import Wall
from kairos.app.render.render import render
from kairos.channels._sms_length import KOREAN_SMS_BYTES_MAX, korean_bytes, measure
from kairos.cli.simulate_inputs import load_release
from kairos.cli.simulate_run import simulate
from kairos.domain.localtime import local
from kairos.domain.reason import Reason
from kairos.registry import Rendered

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/brand.yaml"))
BARE = {
    "entry": {"starts_at": datetime(2026, 3, 14, 5, tzinfo=UTC)},
    "event": {"channel": "email", "given": True, "date": "2026-03-02"},
    "unsubscribe_url": "https://api.example.com/u/token",
    "confirm_url": "https://api.example.com/u/token",
}
"""What every message has, whoever it goes to: anything else must have a default."""

LONG = ("consent-renewal", "consent-confirm")
"""The text messages that may be long: the law has them say who asks, what was agreed to and when, or a link is in."""

each_example = pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)


def story_of(folder: Path) -> str:
    """Return what a dry run of the example decides, a line each, in the brand's own time."""
    told: list[Reason] = []
    release = load_release(folder)
    simulate(release, folder / "events.jsonl", None, None, told.append)
    return "".join(_line(reason, release.brand_zone) + "\n" for reason in told)


def _line(reason: Reason, zone: ZoneInfo) -> str:
    parts = (reason.kind, reason.profile, reason.journey, reason.subject, reason.channel, reason.template)
    why = f"({reason.reason})" if reason.reason else ""
    return " ".join([f"{local(reason.at, zone):%m-%d %H:%M:%S}", *(part for part in parts if part), why]).rstrip()


def rendered(documents: Documents, id: str, channel: str) -> Rendered:
    """Return a template for somebody of whom nothing is known, with what the brand's law packs add to advertising."""
    assert documents.brand is not None
    brand: dict[str, Any] = documents.brand.document
    wall = Wall(
        ZoneInfo(brand["timezone"]), "ko" if brand["country"] == "KR" else "en", datetime(2026, 3, 1, tzinfo=UTC)
    )
    parts = registry.load("channels", channel).parts
    scope = {**BARE, "brand": {"name": brand["name"], "sender": brand["sender"]}}
    found = documents.documents("template")
    called = partials_in({id: each for id, each in found.items() if PARTIAL in each}, wall.language, wall.language)
    return render(id, found[id], channel, scope, wall, parts, called)


def templates(folder: Path) -> list[tuple[str, str]]:
    """Return every template of an example with each of its channels."""
    found = load_brand(folder).documents("template")
    sent = {id: document for id, document in found.items() if PARTIAL not in document}
    return [(id, channel) for id, document in sorted(sent.items()) for channel in channels_of(document)]


@each_example
def test_an_example_is_valid_and_could_be_published_as_it_is(folder: Path) -> None:
    documents = load_brand(folder)
    problems = [*check_brand_documents(documents), *check_ready(documents)]
    assert [str(problem) for problem in problems] == [], "no warning either"


@each_example
def test_an_example_decides_on_its_events_as_written_down(folder: Path) -> None:
    assert story_of(folder) == (GOLDEN / f"{folder.name}.txt").read_text("utf-8")


@each_example
def test_every_template_can_be_written_to_somebody_of_whom_nothing_is_known(folder: Path) -> None:
    documents = load_brand(folder)
    for id, channel in templates(folder):
        parts = rendered(documents, id, channel).parts
        assert all(part.strip() for part in parts.values()), id


@each_example
def test_every_template_is_sent_by_a_journey_and_every_e_mail_has_plain_text(folder: Path) -> None:
    documents = load_brand(folder)
    journeys = str(documents.documents("journey"))
    for id, channel in templates(folder):
        assert f"'{id}'" in journeys, f"{id} is sent by nobody"
        assert "text" in documents.documents("template")[id][channel], id


@each_example
def test_every_text_message_fits_one_short_message(folder: Path) -> None:
    documents = load_brand(folder)
    assert documents.brand is not None
    brand: dict[str, Any] = documents.brand.document
    for id, channel in templates(folder):
        if channel != "sms" or id in LONG:
            continue
        own = rendered(documents, id, channel)
        if brand["country"] != "KR":
            assert measure(own.parts["text"]).segments == 1, id
            continue
        advertising = id == "cart-last-call"
        lawful = registry.load("policies", "kr").apply(own, "sms", advertising, brand, None)
        assert korean_bytes(lawful.parts["text"]) <= KOREAN_SMS_BYTES_MAX, id


if __name__ == "__main__":
    for example in EXAMPLES:
        (GOLDEN / f"{example.name}.txt").write_text(story_of(example), "utf-8")
