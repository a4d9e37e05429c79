"""`kairos simulate` as a marketer and a test would use it: a folder, a file, lines out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kairos.cli.simulate import simulate_command
from tests.sources.test_declared import BOOKED, COURSES

BRAND: dict[str, Any] = {
    "name": "Harbour",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "sender": {"name": "Harbour", "email": "hello@example.com", "contact": "02-000-0000"},
    "policies": [],
    "quiet_hours": {"sms": "21:00-08:00"},
}
CART: dict[str, Any] = {
    "id": "cart-rescue",
    "class": "marketing",
    "trigger": {"event": "cart_updated", "where": {"field": "total", "gte": 10000}},
    "subject": "cart_id",
    "goal": {"event": "order_completed", "within": "7d"},
    "steps": [{"wait": "30m"}, {"send": "coupon", "channel": "email"}],
}
TEMPLATES = {"coupon": {"email": {"subject": "Still there", "text": "Your cart"}, "sms": {"text": "Your cart"}}}
KEYS = ["at", "profile", "journey", "version", "step", "subject", "kind", "channel", "template", "reason", "due"]


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    return write_brand(tmp_path / "brand", [CART])


def write_brand(folder: Path, journeys: list[dict[str, Any]], **more: Any) -> Path:
    for name in ("journeys", "templates", "segments"):
        (folder / name).mkdir(parents=True)
    (folder / "brand.yaml").write_text(yaml.safe_dump(BRAND | more), "utf-8")
    for journey in journeys:
        (folder / "journeys" / f"{journey['id']}.yaml").write_text(yaml.safe_dump(journey), "utf-8")
    for id, template in TEMPLATES.items():
        (folder / "templates" / f"{id}.yaml").write_text(yaml.safe_dump(template), "utf-8")
    return folder


def write_events(folder: Path, *events: dict[str, Any]) -> Path:
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), "utf-8")
    return path


def known(profile: str = "u1", at: str = "2026-06-10T00:00:00Z") -> list[dict[str, Any]]:
    traits = {"timezone": "Asia/Seoul", "email": f"{profile}@example.com", "phone": "+821000000000"}
    return [
        {"event": "profile_updated", "profile": profile, "at": at, "id": f"{profile}-p", "traits": traits},
        *(
            {
                "event": "consent_given",
                "profile": profile,
                "at": at,
                "id": f"{profile}-{channel}",
                "channel": channel,
                "purpose": "marketing",
            }
            for channel in ("email", "sms")
        ),
    ]


def cart(at: str, id: str = "c", profile: str = "u1", total: int = 20000, **more: Any) -> dict[str, Any]:
    properties = {"cart_id": "c1", "total": total}
    return {"event": "cart_updated", "profile": profile, "at": at, "id": id, "properties": properties, **more}


def run(
    brand: Path, events: Path, capsys: pytest.CaptureFixture[str], **options: Any
) -> tuple[int, list[dict[str, Any]], str]:
    code = simulate_command(brand, events, as_json=True, **options)
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_each_line_has_exactly_the_promised_keys_in_time_order(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = write_events(tmp_path, *known(), cart("2026-06-10T03:00:00Z"))
    code, lines, _ = run(brand, events, capsys)
    assert code == 0
    assert [list(line) for line in lines] == [KEYS] * len(lines)
    assert [(line["kind"], line["at"]) for line in lines] == [
        ("entered", "2026-06-10T03:00:00Z"),
        ("message", "2026-06-10T03:30:00Z"),
        ("exited", "2026-06-10T03:30:00Z"),
    ]
    message = lines[1]
    assert message["due"] == "2026-06-10T03:30:00Z"
    assert (message["channel"], message["template"], message["subject"]) == ("email", "coupon", "c1")
    assert (message["journey"], message["version"], message["profile"]) == ("cart-rescue", 1, "u1")


def test_lines_of_a_file_may_stand_in_any_order_and_arrive_late(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order: dict[str, Any] = {"event": "order_completed", "profile": "u1", "at": "2026-06-10T03:10:00Z", "id": "o"}
    order["properties"] = {"cart_id": "c1"}
    late = cart("2026-06-10T03:00:00Z", received_at="2026-06-10T03:20:00Z")
    events = write_events(tmp_path, late, order, *known())
    _, lines, _ = run(brand, events, capsys)
    assert [line["kind"] for line in lines] == [], "the order came first: nobody abandoned this cart"


def test_from_and_until_bound_what_is_told_not_what_is_known(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = write_events(tmp_path, *known(), cart("2026-06-10T03:00:00Z"))
    _, lines, _ = run(brand, events, capsys, since="2026-06-10T03:15:00Z", until="2026-06-10T03:30:00Z")
    assert [line["kind"] for line in lines] == ["message", "exited"]
    _, lines, _ = run(brand, events, capsys, until="2026-06-10T03:29:59Z")
    assert [line["kind"] for line in lines] == ["entered"]


def test_a_raw_shop_body_speaks_of_the_profile_whose_address_it_bears(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {
        "id": 450789469,
        "email": "U1@example.com",
        "cart_token": "c1",
        "total_price": "20000.00",
        "currency": "KRW",
        "created_at": "2026-06-10T12:10:00+09:00",
        "updated_at": "2026-06-10T12:10:00+09:00",
        "line_items": [],
    }
    raw = {"source": "shopify", "topic": "orders/paid", "at": "2026-06-10T03:10:00Z", "body": body}
    events = write_events(tmp_path, *known(), cart("2026-06-10T03:00:00Z"), raw)
    _, lines, _ = run(brand, events, capsys)
    assert [(line["kind"], line["profile"]) for line in lines] == [
        ("entered", "u1"),
        ("converted", "u1"),
        ("exited", "u1"),
    ]


def test_a_raw_body_may_come_from_a_source_that_the_brand_declares(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (brand / "sources").mkdir()
    (brand / "sources" / "courses.yaml").write_text(yaml.safe_dump(COURSES), "utf-8")
    lesson: dict[str, Any] = {
        "id": "lesson",
        "class": "transactional",
        "anchor": {"entry": "lesson", "at": "starts_at"},
    }
    lesson["timeline"] = [{"at": "-1d 10:00", "send": "coupon", "channel": "email"}]
    (brand / "journeys" / "lesson.yaml").write_text(yaml.safe_dump(lesson), "utf-8")
    traits = {"email": "haneul@example.com"}
    known = {"event": "profile_updated", "profile": "u1", "at": "2026-10-01T00:00:00Z", "traits": traits}
    raw = {"source": "courses", "at": "2026-10-02T00:01:00Z", "body": BOOKED}
    _, lines, complaints = run(brand, write_events(tmp_path, known, raw), capsys)
    assert [(line["kind"], line["at"]) for line in lines if line["kind"] == "message"] == [
        ("message", "2026-10-19T01:00:00Z")
    ], complaints


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{nonsense", "not JSON"),
        ("[]", "expected an object"),
        ('{"event": "x", "profile": "u1"}', "at:"),
        ('{"event": "x", "at": "2026-06-10T00:00:00Z"}', "profile: expected"),
        ('{"event": "x", "profile": "u1", "at": "yesterday"}', "at:"),
        ('{"event": "entry_updated", "profile": "u1", "at": "2026-06-10T00:00:00Z"}', "entry: expected"),
        ('{"source": "nobody", "at": "2026-06-10T00:00:00Z", "body": {}}', "source: expected one of"),
        ('{"event": "x", "profile": "u1", "at": "2026-06-10T00:00:00Z", "properties": 3}', "properties: expected"),
    ],
)
def test_a_bad_line_is_named_with_what_would_be_right(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, complaint: str
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("\n" + line + "\n", "utf-8")
    code, lines, complained = run(brand, events, capsys)
    assert (code, lines) == (1, [])
    assert "events.jsonl:2:" in complained
    assert complaint in complained


@pytest.mark.parametrize(
    ("step", "complaint"),
    [({"wait": "soon"}, "steps.0.wait: 'soon' is no duration"), ({"send": "no-such"}, "'no-such'")],
)
def test_a_bad_brand_is_told_with_file_line_and_what_would_be_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], step: dict[str, str], complaint: str
) -> None:
    brand = write_brand(tmp_path / "brand", [CART | {"steps": [step]}])
    code, lines, complained = run(brand, write_events(tmp_path, *known()), capsys)
    assert (code, lines) == (1, [])
    assert "journeys/cart-rescue.yaml:" in complained
    assert complaint in complained


def test_a_missing_file_or_an_empty_one_is_no_traceback(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complained = run(brand, tmp_path / "absent.jsonl", capsys)
    assert code == 1
    assert "absent.jsonl" in complained
    assert run(brand, write_events(tmp_path), capsys)[:2] == (0, [])


def test_people_read_it_in_the_brands_local_time(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = write_events(tmp_path, *known(), cart("2026-06-10T03:00:00Z"))
    assert simulate_command(brand, events) == 0
    told = capsys.readouterr().out
    assert "2026-06-10 Wed" in told
    assert "12:30:00  message" in told
    assert "1 entered, 1 exited, 1 message" in told


def test_two_runs_print_the_same(brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = [event for n in range(30) for event in known(f"u{n}")]
    carts = [cart(f"2026-06-10T03:{n:02}:00Z", f"c{n}", f"u{n}") for n in range(30)]
    events = write_events(tmp_path, *people, *carts)
    assert run(brand, events, capsys) == run(brand, events, capsys)


def told(capsys: pytest.CaptureFixture[str], kind: str = "message") -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(row["profile"], row["at"]) for row in rows if row["kind"] == kind]


def test_a_broadcast_reaches_everybody_known_then_each_at_their_own_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = {"at": "2026-06-20 10:00", "zone": "customer", "where": {"trait": "email_wanted", "exists": False}}
    eve = {"id": "eve", "class": "transactional", "trigger": at, "steps": [{"send": "coupon", "channel": "email"}]}
    folder = write_brand(tmp_path / "brand", [eve])
    moved = {"event": "profile_updated", "profile": "u2", "at": "2026-06-11T00:00:00Z", "id": "m"}
    late = known("u4", "2026-06-20T12:00:00Z")
    asked = {"event": "profile_updated", "profile": "u3", "at": "2026-06-11T00:00:00Z", "id": "n"}
    events = write_events(
        tmp_path,
        *known("u1"),
        *known("u2"),
        *known("u3"),
        {**moved, "traits": {"timezone": "America/New_York"}},
        {**asked, "traits": {"email_wanted": True}},
        *late,
    )
    assert simulate_command(folder, events, as_json=True) == 0
    assert told(capsys) == [("u1", "2026-06-20T01:00:00Z"), ("u2", "2026-06-20T14:00:00Z")]


def test_a_signal_is_a_line_without_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rain = {
        "id": "rain",
        "class": "transactional",
        "trigger": {"event": "rain_started", "where": {"field": "mm", "gte": 5}},
        "reenter": "always",
        "steps": [{"send": "coupon", "channel": "email"}],
    }
    folder = write_brand(tmp_path / "brand", [rain])
    signal = {"signal": "rain_started", "at": "2026-06-12T03:00:00Z", "id": "r1", "properties": {"mm": 7}}
    here = {"trait": "timezone", "eq": "Asia/Seoul"}
    stale = {**signal, "id": "r2", "received_at": "2026-06-12T06:00:00Z", "fresh_for": "2h"}
    events = write_events(
        tmp_path,
        *known("u1"),
        *known("u2"),
        signal,
        signal,
        stale,
        {**signal, "id": "r3", "at": "2026-06-13T03:00:00Z", "where": {"not": here}},
        {**signal, "id": "r4", "at": "2026-06-14T03:00:00Z", "properties": {"mm": 1}},
    )
    assert simulate_command(folder, events, as_json=True) == 0
    assert told(capsys) == [("u1", "2026-06-12T03:00:00Z"), ("u2", "2026-06-12T03:00:00Z")]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"signal": ""}, "signal"),
        ({"where": {"trate": 1}}, "condition"),
        ({"fresh_for": "soon"}, "duration"),
        ({"signal": None, "event": "x", "profile": "*"}, "everybody"),
    ],
)
def test_a_wrong_signal_is_named_with_its_line(
    brand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any], hint: str
) -> None:
    line = {"signal": "rain_started", "at": "2026-06-12T03:00:00Z", **wrong}
    events = write_events(tmp_path, {key: value for key, value in line.items() if value is not None})
    assert simulate_command(brand, events, as_json=True) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "events.jsonl:1" in error
    assert hint in error


def test_timing_is_lived_through_deterministically(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Visits in the evening choose the hour, orders every four weeks the day, and running again says the same."""
    best = {**CART, "id": "best", "reenter": "always", "steps": [{"send": "coupon", "at": {"best_within": "20h"}}]}
    timeline = [{"at": "-3d 10:00", "send": "coupon"}]
    refill = {"id": "refill", "class": "marketing", "anchor": {"predicted": "next_order"}, "timeline": timeline}
    gone = refill | {"id": "gone", "anchor": {"predicted": "lapse", "chance": "60%"}}
    folder = write_brand(tmp_path / "timed", [best, refill, gone], timing={"explore": "0%"})
    first = datetime(2026, 1, 5, 10, tzinfo=UTC)  # 19:00 in Seoul
    days = [(first + timedelta(days=28 * n)).isoformat() for n in range(6)]
    orders = [{"event": "order_completed", "profile": "u1", "at": at, "id": f"o{at}"} for at in days]
    told = [*known(at="2026-01-01T00:00:00Z"), *orders, cart("2026-05-27T03:00:00Z")]
    events = write_events(tmp_path, *told)
    code, lines, _ = run(folder, events, capsys, until="2027-06-01T00:00:00Z")
    assert (code, lines) == run(folder, events, capsys, until="2027-06-01T00:00:00Z")[:2]
    sent = {
        journey: [r["at"] for r in lines if r["journey"] == journey and r["kind"] == "message"]
        for journey in ("best", "refill", "gone")
    }
    assert sent["best"] == ["2026-05-27T10:00:00Z"]
    assert [r["reason"] for r in lines if r["journey"] == "best" and r["kind"] == "held"] == [
        "best hour: 1 of 20, propensity 1.0000"
    ]
    assert sent["refill"][-1].startswith("2026-06-1")
    assert sent["refill"][-1].endswith("T01:00:00Z")
    assert len(sent["gone"]) == 1
    assert sent["gone"][0] > "2026-07"
