"""Personal data stays apart: what was planted in every source is in `contacts` and in the mail, and nowhere else."""

from __future__ import annotations

import re

import pytest

from kairos.domain.canonical import canonical
from tests.local.everyday import LILY, ROSE, STREET, Days, lived_days
from tests.local.surfaces import APART
from tests.sources.bodies import MARKS

pytestmark = pytest.mark.xdist_group("everyday")
PHONES = tuple(str(person.phone).removeprefix("+82") for person in (LILY, ROSE))
DASHED = tuple(f"{phone[:2]}-{phone[2:6]}-{phone[6:]}" for phone in PHONES)
NAMES = tuple(person.name.removeprefix("Planted") for person in (LILY, ROSE))
HOME = (STREET.partition(" ")[0], "98765", "192.0.2.77")
CANARIES = (*MARKS, *PHONES, *DASHED, *NAMES, *HOME)
FOUND = re.compile("|".join(map(re.escape, CANARIES)), re.IGNORECASE)


@pytest.fixture(scope="module")
def days() -> Days:
    return lived_days()


def test_every_kind_of_place_was_looked_at(days: Days) -> None:
    """A search that finds nothing because it looked at nothing proves nothing."""
    places = {where for where, _ in days.written}
    assert len([where for where in places if where.startswith("object decisions/")]) > 5, "the archive"
    assert {f"table {name}" for name in APART if name != "board"} <= places, "no browser asks in these days"
    assert {f"log of {name}" for name in ("ingest", "decide", "dispatch", "deliver", "preferences")} <= places
    calls = ("ingest: sqs.SendMessageBatch", "decide: dynamodb.PutItem", "dispatch: sqs.SendMessageBatch")
    assert {*calls, "dispatch: scheduler.CreateSchedule", "publish: s3.PutObject"} <= places
    assert {where.split(" ")[0] for where in places} >= {"table", "stream", "object", "log"}


def test_compressed_state_and_effects_are_read(days: Days) -> None:
    profiles = [text for where, text in days.written if where == "table customers"]
    assert len(profiles) > 5
    assert all(" state {" in text for text in profiles)
    assert any(" effects " in text for where, text in days.written if where.startswith("stream"))


def test_nothing_that_was_planted_is_written_down_anywhere_else(days: Days) -> None:
    leaks: dict[str, str] = {}
    for where, text in days.written:
        if found := FOUND.search(text):
            leaks.setdefault(where, text[max(0, found.start() - 60) : found.end() + 60])
    assert leaks == {}


def test_the_search_finds_what_may_be_there(days: Days) -> None:
    """The same search, where personal data belongs: it does find it."""
    assert all(FOUND.search(said) for said in ("010-0000-" + PHONES[0][-4:], f"+82{PHONES[1]}", f"{STREET}, 성동구"))
    found = {call for call, text in days.handed if FOUND.search(text)}
    assert {"sesv2.SendEmail", "sns.Publish", "dynamodb.UpdateItem"} <= found


def test_what_was_planted_is_in_contacts(days: Days) -> None:
    rows = days.contacts.lower()
    for person in (LILY, ROSE):
        assert person.address in rows
        assert canonical(person.name).strip('"').lower() in rows
        assert str(person.phone) in rows
    for said in ("planted.guest@example.com", "planted allergy", "plantedroom", "plantedinv"):
        assert said in rows
    assert "engraving" not in rows  # no template can ask for it: dropped, not kept


def test_who_asked_by_e_mail_for_text_messages_agreed_by_one(days: Days) -> None:
    said = [text for where, text in days.written if where == "table consents" and "confirmation-page-1" in text]
    assert len(said) == 1
    assert re.search(r"\bsms\b", said[0])


def test_what_was_planted_reached_the_people_it_is_about(days: Days) -> None:
    named = [email for email in days.emails if ROSE.name in email.text + email.html + email.subject]
    assert {address for email in named for address in email.to} == {ROSE.address}
    assert any(text.to in (LILY.phone, ROSE.phone) for text in days.sms)
