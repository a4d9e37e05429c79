"""`explain`, `map` and `preview`: what was, what will be, and how it would look."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.domain.profile import Consent, Enrollment, Entry, Profile
from kairos.domain.reason import Reason
from kairos.timing.last_days import of_days
from tests.app.brands import brand, journey, small_drafts, template
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def customer() -> Profile:
    waiting = Enrollment("e1", "welcome", 1, "s", NOW, NOW, node="wait-1", due=NOW + 2 * DAY)
    entry = Entry("booking", "b1", NOW + 9 * DAY, None, {}, NOW)
    logged = [
        Reason(NOW - 3 * DAY, PROFILE, "entered", journey="welcome", version=1),
        Reason(NOW - DAY, PROFILE, "not_sent", "no consent", journey="other", version=1),
    ]
    return Profile(
        PROFILE,
        NOW - 3 * DAY,
        traits={"timezone": "UTC", "first_name": "Kim"},
        reach={"email": True},
        consents={("email", "marketing"): Consent(True, NOW, "x")},
        enrollments={"e1": waiting},
        entries={entry.key: entry},
        log=tuple(logged),
    )


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    welcome = journey(steps=[{"wait": "5d"}, {"send": "hello"}])
    deployment.drafts = small_drafts(("journey", "welcome", welcome))
    deployment.drafts.put("brand", "brand", brand(timezone="UTC"))
    deployment.drafts.put("template", "hello", template(email={"subject": "Hi {{ first_name }}", "text": "x"}))
    told = deployment.command({"command": "publish", "all": True})
    assert told["ok"], told
    deployment.keep(customer())
    return deployment


def test_explain_tells_what_will_come_if_nothing_happens(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("explain", PROFILE) == 0
    told = capsys.readouterr().out
    assert "2026-11-21 03:00:00  not_sent  other v1: no consent" in told
    assert "until 2026-12-22 03:00:00, if nothing happens" in told
    assert "2026-11-24 03:00:00  will get   welcome v1 [s] at hello-1 email hello" in told


def test_explain_of_one_journey_leaves_out_the_others(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("explain", PROFILE, "--journey", "welcome") == 0
    told = capsys.readouterr().out
    assert "other v1" not in told
    assert "entered   welcome v1" in told
    assert "will get" in told


def test_explain_at_a_time_that_is_over_tells_what_had_been_decided_by_then(
    kairos: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("explain", PROFILE, "--at", "2026-11-20T00:00:00Z") == 0
    told = capsys.readouterr().out
    assert "entered   welcome" in told
    assert "no consent" not in told
    assert "will get" not in told
    assert kairos("explain", PROFILE, "--at", "2026-11-01T00:00:00Z") == 0
    assert "what is kept begins at 2026-11-19 03:00 UTC" in capsys.readouterr().out


def test_explain_at_a_time_to_come_looks_no_further(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("explain", PROFILE, "--at", "2026-11-23T00:00:00Z") == 0
    assert "nothing will come" in capsys.readouterr().out
    assert kairos("explain", PROFILE, "--at", "tomorrow") == 1
    assert "--at takes an instant" in capsys.readouterr().err


def test_looking_ahead_changes_nothing(kairos: Run, deployment: MemoryDeployment) -> None:
    before = deployment.read_profile(PROFILE)
    kairos("explain", PROFILE)
    kairos("map", PROFILE)
    assert deployment.read_profile(PROFILE) == before
    assert before == replace(customer(), version=1)


def test_the_map_shows_moments_and_what_comes_of_them_in_order(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("map", PROFILE, "--days", "30") == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines[0] == "2026-11-24 03:00:00  will get   welcome v1 [s] at hello-1 email hello"
    assert [line for line in lines if "  moment " in line] == ["2026-12-01 03:00:00  moment     booking b1"]
    assert lines == sorted(lines, key=lambda line: line[:19])


def test_the_map_shows_what_is_predicted_and_how_sure_that_is(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for what in ("next_order", "lapse"):
        document: dict[str, Any] = {
            "id": what.replace("_", "-"),
            "class": "transactional",
            "anchor": {"predicted": what},
        }
        document["timeline"] = [{"at": "0d 10:00", "send": "hello"}]
        deployment.drafts.put("journey", document["id"], document)
    assert deployment.command({"command": "publish", "all": True})["ok"]
    days = [(NOW.date() - timedelta(days=30 * n + 2)).toordinal() for n in range(8)]
    deployment.keep(replace(customer(), rhythm=[sorted(days)], version=1))
    assert kairos("map", PROFILE, "--days", "400") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "  moment " in line]
    order, lapse = lines[1:]
    assert re.fullmatch(r"2026-12-(1|2).* next_order: next-order \(80% within \d+ to \d+ days from today\)", order)
    assert re.fullmatch(r"2027-.* lapse: lapse \(gone already with \d%\)", lapse)


def test_the_map_tells_the_next_of_each_kind_of_thing_beside_all_orders(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    anchor = {"predicted": "next_order", "category": "Coffee"}
    document = {"id": "refill", "class": "transactional", "anchor": anchor}
    deployment.drafts.put("journey", "refill", document | {"timeline": [{"at": "-3d 10:00", "send": "hello"}]})
    assert deployment.command({"command": "publish", "all": True})["ok"]
    days = [(NOW.date() - timedelta(days=14 * n + 2)).toordinal() for n in range(8)]
    kept = replace(customer(), rhythm=[[*sorted(days), NOW.date().toordinal()][-8:]], version=1)
    deployment.keep(replace(kept, categories={"coffee": [sorted(days)]}))
    assert kairos("map", PROFILE, "--days", "60") == 0
    told = capsys.readouterr().out
    assert re.search(r"moment     next_order of coffee: refill \(80% within \d+ to \d+ days from today\)", told)
    assert "orders: 8 days of purchase, of late every " in told
    line = f"orders of coffee: 8 days of purchase, of late every 14 days, last on {NOW.date() - timedelta(days=2)}; "
    assert line + "the next (80%) in " in told


def test_a_map_before_the_first_publish_says_so(kairos: Run, deployment: MemoryDeployment) -> None:
    deployment.releases = type(deployment.releases)()
    assert kairos("map", PROFILE) == 1


def test_preview_shows_each_channel_with_samples(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("preview", "hello") == 0
    told = capsys.readouterr().out
    assert "email\n" in told
    assert "subject: Hi [first_name]" in told


def test_preview_for_a_customer_says_who_they_are(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("preview", "hello", "--profile", PROFILE) == 0
    assert "subject: Hi Kim" in capsys.readouterr().out


def test_preview_measures_a_text_with_its_links_as_long_as_they_will_be(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "short", {"id": "short", "sms": {"text": "봄 세일 https://shop.example.com/a"}})
    assert kairos("preview", "short") == 0
    assert "SMS, 34 of 90 bytes\n" in capsys.readouterr().out
    deployment.drafts.put("brand", "brand", brand(links={"hosts": ["shop.example.com"]}))
    assert kairos("preview", "short") == 0
    told = capsys.readouterr().out
    assert "text: 봄 세일 https://shop.example.com/a" in told
    assert re.search(r"LMS, 1\d\d of 2000 bytes as it is sent, with links as long as they will be", told)


def test_preview_shows_what_the_law_packs_add_and_what_they_lack(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    sender = {"name": "Spring", "email": "hello@example.com", "contact": "02-000-0000"}
    deployment.drafts.put("brand", "brand", brand(policies=["kr"], sender=sender))
    assert kairos("preview", "hello", "--marketing") == 1
    told = capsys.readouterr().out
    assert "subject: (광고) Hi [first_name]" in told
    assert (
        "would not be sent: kr: 정보통신망법 §50④: a free opt-out at the end (brand.sender.opt_out) is missing" in told
    )


def test_preview_of_what_cannot_be_rendered_says_why(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "hello", template(email={"subject": "{{ missing_thing }}", "text": "x"}))
    assert kairos("preview", "hello", "--profile", PROFILE) == 1
    assert "cannot be rendered" in capsys.readouterr().out
    assert kairos("preview", "nothing") == 1


SPOKEN = {
    "sms": {"text": "{% render 'bye' %}"},
    "languages": {"en": {"sms": {"text": "Bye"}}},
    "variants": [{"id": "snow", "if": {"field": "weather", "eq": "snow"}, "sms": {"text": "눈 {{ total | money }}"}}],
}


def test_preview_shows_all_that_a_template_may_say(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "bye", {"partial": {"text": "{{ nickname }}"}})
    deployment.drafts.put("template", "spoken", SPOKEN)
    assert kairos("preview", "spoken") == 0
    told = capsys.readouterr().out
    assert "sms\n  text: [nickname]" in told
    assert "sms, in en\n  text: Bye" in told
    assert "sms, variant snow\n  text: 눈 10,000원" in told
    assert kairos("preview", "bye") == 1
    assert "is a partial" in capsys.readouterr().err


SHOWING = {
    "offer": "spring",
    "email": {
        "subject": "{{ coupon.code }}",
        "html": "{% for item in products.viewed %}<p>{{ item.title }}</p>{% endfor %}{{ event.n | default: 1 }}",
    },
}


def test_preview_shows_products_and_coupons_and_writes_mails_for_a_browser(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "showing", SHOWING)
    assert kairos("preview", "showing", "--html", str(tmp_path / "mails")) == 0
    told = capsys.readouterr().out.replace("\n", "")
    assert "subject: [code]" in told
    assert "showing.ko.html" in told
    assert "<p>[title]</p>" in (tmp_path / "mails" / "showing.ko.html").read_text("utf-8")
    assert kairos("preview", "showing", "--profile", PROFILE) == 0
    assert "subject: [code]" in capsys.readouterr().out


def test_preview_for_a_customer_shows_only_what_they_would_get(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("template", "spoken", {**SPOKEN, "sms": {"text": "Hello"}})
    assert kairos("preview", "spoken", "--profile", PROFILE) == 0
    told = capsys.readouterr().out
    assert "snow" not in told
    assert told.count("text:") == 1


@pytest.mark.parametrize("command", ["explain", "show", "map"])
def test_a_score_is_told_with_the_signals_that_speak_for_it(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    signals = [
        {"if": {"trait": "first_name", "eq": "Kim"}, "adds": 2.5, "because": "is a Kim"},
        {"if": {"trait": "tier", "eq": "vip"}, "adds": 1, "because": "is a VIP"},
    ]
    likely = {"id": "likely", "where": {"score": signals, "base": -1, "gte": "60%"}}
    deployment.drafts.put("segment", "likely", likely)
    assert deployment.command({"command": "publish", "all": True})["ok"]
    assert kairos(command, PROFILE) == 0
    told = capsys.readouterr().out
    assert "likely: 82%, in (from 60%): is a Kim +2.50" in told
    assert "VIP" not in told


def test_the_map_tells_what_repeats_and_when_it_comes_next(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for what in ("visit", "payday"):
        document = {"id": what, "class": "transactional", "anchor": {"predicted": what}}
        deployment.drafts.put("journey", what, document | {"timeline": [{"at": "0d 10:00", "send": "hello"}]})
    assert deployment.command({"command": "publish", "all": True})["ok"]
    monday = NOW.date() - timedelta(days=NOW.date().weekday())
    visits = [monday.toordinal() - 7 * week for week in range(12)]
    orders = [date(2026, month, 25).toordinal() for month in range(2, 11)]
    deployment.keep(replace(customer(), recurring={"visit": of_days(visits), "order": of_days(orders)}, version=1))
    assert kairos("map", PROFILE, "--days", "40") == 0
    told = capsys.readouterr().out
    assert "visits: every week on Mon (11 of 11 times, over 99% sure); next likely on Mon 2026-11-23 (92%)" in told
    assert re.search(r"payday: day 25 of the month.* \(8 of 8 times, over 99% sure\)", told)
    assert re.search(r"2026-11-23.* moment     visit: visit \(every week on Mon", told)
    assert [line[:10] for line in told.splitlines() if "moment     payday: payday" in line] == [
        "2026-11-25",
        "2026-12-25",
    ]
    deployment.keep(replace(customer(), recurring={"visit": of_days(visits[:3])}, version=2))
    assert kairos("explain", PROFILE) == 0
    assert "visits: not enough yet to say what repeats" in capsys.readouterr().out
