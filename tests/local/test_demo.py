"""The demo: a month that is the same every time, told from what the system keeps, and judged by what really left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from kairos.domain.errors import BadSignature
from kairos.domain.reason import Reason
from kairos.local.cloud import LocalCloud
from kairos.local.demo_checks import check
from kairos.local.demo_diary import Diary, Sent, span
from kairos.local.demo_lessons import HORIZON, calibrated
from kairos.local.demo_month import CANCELLED_AT, END, START, STRANGERS, on, the_month
from kairos.local.demo_past import LAST, past_orders
from kairos.local.demo_people import BY_HANDLE, PEOPLE
from kairos.local.demo_pictures import calibration, curve, week
from kairos.local.demo_shop import SECRETS, Call
from kairos.local.demo_story import WIDTH, fit, width
from kairos.registry import Request, load
from kairos.timing.builtin import RHYTHM

ROOT = Path(__file__).resolve().parents[2]
NOON = on(5, "12:00")


# ---- the month that reaches the API ----------------------------------------------------------------------------


def test_the_month_is_the_same_every_time_and_in_order() -> None:
    month = the_month()
    assert month == the_month()
    assert [call.at for call in month] == sorted(call.at for call in month)
    assert 300 <= len(month) <= 600
    assert month[0].at >= START
    assert month[-1].at < END


def test_every_call_is_signed_as_its_source_checks_it_and_says_something() -> None:
    for call in the_month():
        source, connection, request = _request(call)
        if call.status == 401:
            with pytest.raises(BadSignature):
                source.verify(request)
            continue
        trusted = source.verify(request)
        assert source.parse(request, trusted=trusted), (connection, call.says)


def test_the_public_key_is_not_trusted_and_the_secret_one_is() -> None:
    trusted = {call.path: _request(call)[0].verify(_request(call)[2]) for call in the_month() if call.status == 202}
    assert trusted["/v1/identify"]
    assert not trusted["/v1/page"]
    assert not trusted["/v1/track"]


def test_some_webhooks_arrive_twice_with_the_same_bytes() -> None:
    bodies = Counter((call.path, call.body) for call in the_month())
    assert 5 < sum(count - 1 for count in bodies.values()) < 60


def test_nobody_in_it_could_be_anybody() -> None:
    assert all(person.address.endswith("@example.com") for person in PEOPLE)
    phones = [person.phone for person in PEOPLE if person.phone]
    assert all(phone.startswith("+82100000") for phone in phones)
    assert len(set(phones)) == len(phones)


def _request(call: Call) -> tuple[Any, str, Request]:
    parts = call.path.strip("/").split("/")
    name, connection = (parts[2], parts[3]) if parts[1] == "webhooks" else ("track", "main")
    settings = SECRETS[f"{name}/{connection}"]
    return load("sources", name), connection, Request(call.headers, call.body, call.at, connection, settings, call.path)


# ---- how it is told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "moran 모란", "geumjanhwa 금잔화", "a very long name that goes on", "한글만으로된아주긴이름"]
)
@pytest.mark.parametrize("cells", [9, 12, 20])
def test_a_column_is_as_wide_in_korean_as_in_english(text: str, cells: int) -> None:
    assert width(fit(text, cells)) == cells


@pytest.mark.parametrize(
    ("length", "said"),
    [(timedelta(minutes=30), "30 min"), (timedelta(hours=20, minutes=2), "20 h"), (timedelta(days=5), "5 days")],
)
def test_spans_are_told_as_people_say_them(length: timedelta, said: str) -> None:
    assert span(length) == said


# ---- what it learns --------------------------------------------------------------------------------------------


def test_the_books_are_the_same_every_time_and_closed_on_mondays() -> None:
    books = past_orders()
    assert books == past_orders()
    days = [day for each in books.values() for day in each]
    assert len(days) > 500
    assert not [day for day in days if date.fromordinal(day).weekday() == 0]
    assert max(days) <= LAST


def test_a_calibration_asks_only_of_orders_whose_outcome_the_books_hold() -> None:
    held = {id: days for id, days in past_orders().items() if int(id[-2:]) % 8 == 0}
    asked = sum(day + HORIZON <= LAST for days in held.values() for day in days)
    points = calibrated(RHYTHM, held)
    assert sum(many for _, _, many in points) == asked
    assert [forecast for forecast, _, _ in points] == sorted(forecast for forecast, _, _ in points)
    assert all(0 <= share <= 1 for point in points for share in point[:2])


def test_every_picture_is_well_formed_whatever_there_is_to_show() -> None:
    drawn = [
        calibration("<Orders>", {"before": [], "learned": [(0.2, 0.3, 12)]}),
        week("Week", "of <nobody>", [0.0] * 168),
        week("Week", "of one", [0.0] * 167 + [1.0]),
        curve("Curve", "hours & more", [("0–3 h", 0.5, (0.2, 0.8), 10)], "Too few."),
        curve("Curve", "hours", [], ""),
    ]
    for picture in drawn:
        assert ElementTree.fromstring(picture).tag.endswith("svg")


# ---- its judgement ---------------------------------------------------------------------------------------------


@dataclass
class FakeDiary:
    """A month that was: what went out, and what was decided."""

    out: list[Sent]
    decided: list[Reason] = field(default_factory=list)

    def sent(self) -> list[Sent]:
        return self.out

    def told(self) -> list[Reason]:
        return self.decided


def judged(*out: Sent, decided: list[Reason] | None = None, refused: dict[str, datetime] | None = None) -> set[str]:
    """Return the promises that a month of these messages breaks."""
    cloud = SimpleNamespace(
        emails=[], dropped=[], queues={}, parts=SimpleNamespace(lambdas=SimpleNamespace(errors=Counter()))
    )
    diary = FakeDiary(list(out), decided or [])
    outcomes = check(cast(LocalCloud, cloud), cast(Diary, diary), refused or {}, [])
    return {promise for promise, breaches in outcomes if breaches}


def sent(handle: str = "moran", at: datetime = NOON, *, message: str = "m1", **more: Any) -> Sent:
    said: dict[str, Any] = {
        "channel": "email",
        "text": "(광고) 봄",
        "advertising": True,
        "journey": "welcome",
        "step": "s",
    }
    said |= more
    person = BY_HANDLE[handle]
    reason = Reason(at, "p1", "message", journey=said.pop("journey"), step=said.pop("step"), message=message)
    address = person.address if said["channel"] == "email" else str(person.phone)
    return Sent(at=at, address=address, message=message, reason=reason, **said)


def test_a_month_without_breaches_keeps_every_promise() -> None:
    night_mail = sent(at=on(5, "23:00"))
    reminder = sent(at=on(5, "23:00"), channel="sms", advertising=False, text="수업", message="m2")
    assert judged(night_mail, reminder, decided=[]) == set()


def test_advertising_after_a_refusal_is_a_breach_and_a_booking_mail_is_not() -> None:
    refused = {BY_HANDLE["moran"].address: on(5, "11:00")}
    assert judged(sent(), refused=refused) == {"nothing after a refusal, a complaint or a bounce"}
    assert judged(sent(advertising=False, text="수업"), refused=refused) == set()


@pytest.mark.parametrize("clock", ["21:00", "23:59", "00:00", "08:59"])
def test_an_advertising_text_at_night_is_a_breach(clock: str) -> None:
    text = sent(at=on(5, clock), channel="sms")
    assert judged(text) == {"no advertising by text in quiet hours"}


@pytest.mark.parametrize("clock", ["09:00", "20:59"])
def test_an_advertising_text_by_day_is_none(clock: str) -> None:
    assert judged(sent(at=on(5, clock), channel="sms")) == set()


def test_a_reminder_of_a_cancelled_class_is_a_breach_and_the_regret_is_not() -> None:
    after = CANCELLED_AT + timedelta(hours=20)
    told: dict[str, Any] = {"journey": "class-care", "advertising": False, "text": "수업"}
    assert judged(sent("jindallae", after, step="class-reminder-1", **told)) == {
        "nothing about a class after it was cancelled"
    }
    assert judged(sent("jindallae", after, step="on_cancel", **told)) == set()


def test_the_same_message_twice_is_a_breach() -> None:
    assert judged(sent(), sent()) == {"nothing twice"}


def test_a_fourth_advertisement_within_a_week_is_a_breach_and_one_a_week_later_is_not() -> None:
    month = [sent(at=on(day, "12:00"), message=f"m{day}") for day in (2, 3, 4)]
    assert judged(*month, sent(at=on(8, "12:00"), message="m8")) == {"no more advertising than the caps allow"}
    assert judged(*month, sent(at=on(9, "12:00"), message="m9")) == set()


def test_advertising_without_its_label_is_a_breach() -> None:
    assert judged(sent(text="봄꽃")) == {"every advertisement is labelled and can be refused"}


def test_a_message_to_who_is_held_out_is_a_breach() -> None:
    held = [Reason(on(4, "12:00"), "p1", "holdout", journey="welcome")]
    assert judged(sent(), decided=held) == {"nothing to who is held out"}


# ---- the whole of it -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told() -> str:
    """Return what `make demo` prints where there is no terminal; it must exit 0."""
    environment = {**os.environ, "PYTHONTZPATH": "", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "kairos.local.demo"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.xdist_group("demo")
class TestTheWholeDemo:
    def test_it_keeps_every_promise(self, told: str) -> None:
        assert "BROKEN" not in told
        assert told.count("\n  kept ") == 10

    def test_it_shows_each_reason_for_which_a_message_is_held_or_not_sent(self, told: str) -> None:
        unwrapped = re.sub(r"\n {20,}", " ", told)
        for reason in (
            "email: no consent",
            "email: frequency cap",
            "email: suppressed",
            "sms: quiet hours (정보통신망법 §50③) until after it expires",
            "quiet hours (정보통신망법 §50③) until 18 Mar 09:00",
            "sms: no address; trying email",
            "holdout  ",
            "it was moved",
            "it was cancelled",
        ):
            assert reason in unwrapped, reason

    def test_without_a_terminal_it_is_plain_text_of_one_width(self, told: str) -> None:
        assert "\x1b" not in told
        assert max(width(line) for line in told.splitlines()) <= WIDTH

    def test_it_counts_one_read_and_one_write_for_each_turn_of_a_customer(self, told: str) -> None:
        assert "1.00 reads and 1.00 writes each" in told

    def test_every_cart_and_browser_of_a_customer_is_joined_to_them_and_no_stranger_s(self, told: str) -> None:
        found = re.search(r"(\d+) known by name, (\d+) profiles, (\d+) of them joined", told)
        assert found
        known, profiles, joined = map(int, found.groups())
        assert known == len(PEOPLE)
        assert joined > 15
        assert profiles - joined == len(PEOPLE) + STRANGERS

    def test_the_forged_webhook_was_refused_and_the_refusal_of_a_reader_taken(self, told: str) -> None:
        assert "1 forged" in told
        assert "1 unsubscribe" in told

    def test_it_ends_with_what_was_learned_and_a_picture_of_each(self, told: str) -> None:
        unwrapped = re.sub(r"\n {10,}", " ", told)
        assert re.search(r"reorders +\d+ gaps .* held out came get \d\.\d times the probability, live now", unwrapped)
        pictures = re.findall(r"\((build/demo/[a-z-]+\.svg)\)", unwrapped)
        assert len(pictures) == 3
        for picture in pictures:
            assert ElementTree.parse(ROOT / picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    @pytest.mark.parametrize("page", ["README.md", "README.ko.md"])
    def test_the_readme_shows_what_it_really_prints(self, told: str, page: str) -> None:
        excerpt = (ROOT / page).read_text("utf-8").partition("```text\n")[2].partition("```")[0]
        printed = set(told.splitlines())
        missing = [line for line in excerpt.splitlines() if line not in printed]
        assert not missing
        assert len(excerpt.splitlines()) > 10
