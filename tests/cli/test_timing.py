"""`kairos timing …` as others measure through it: exact lines, and one line for a person when a file is wrong."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kairos.cli.main import main
from tests.timing.conftest import make_shop

pytest.importorskip("scipy")

UNTIL = "2025-06-30"


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["timing", *arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def _lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    rows = [
        f"{customer},{date.fromordinal(day).isoformat()}T10:{minute:02},20.5"
        for customer, days in make_shop(80, 300, 15).items()
        for day in days
        for minute in (1, 30)  # twice a day counts once
    ]
    path.write_text("customer,at,amount\n" + "\n".join(reversed(rows)) + "\n", encoding="utf-8")
    return path


def test_predict_prints_each_later_purchase_once_and_in_order(capsys: pytest.CaptureFixture[str], orders: Path) -> None:
    code, out, _ = _run(capsys, "predict", str(orders), "--fit-until", UNTIL, "--horizon", "30", "--json")
    lines = _lines(out)
    assert code == 0
    assert lines == sorted(lines, key=lambda line: (line["at"], line["customer"]))
    days = {(c, d) for c, known in make_shop(80, 300, 15).items() for d in map(date.fromordinal, known)}
    expected = {(c, d.isoformat()) for c, d in days if d.isoformat() > UNTIL}
    assert [(line["customer"], line["at"]) for line in lines] == sorted(expected, key=lambda each: (each[1], each[0]))
    for line in lines:
        assert set(line) == {"customer", "at", "cdf", "p_gone"}
        assert len(line["cdf"]) == 30
        assert line["cdf"] == sorted(line["cdf"])
        assert 0.0 <= line["p_gone"] <= 1.0
    assert _run(capsys, "predict", str(orders), "--fit-until", UNTIL, "--horizon", "30") == (0, out, "")


def test_what_comes_later_does_not_change_an_earlier_forecast(
    capsys: pytest.CaptureFixture[str], orders: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.csv"
    lines = orders.read_text(encoding="utf-8").splitlines()
    cut.write_text("\n".join([lines[0], *(line for line in lines[1:] if line.split(",")[1] < "2025-08-01")]))
    _, whole, _ = _run(capsys, "predict", str(orders), "--fit-until", UNTIL, "--horizon", "10")
    _, part, _ = _run(capsys, "predict", str(cut), "--fit-until", UNTIL, "--horizon", "10")
    assert part
    assert whole.startswith(part)


def test_silence_tells_every_customer_known_by_the_day(capsys: pytest.CaptureFixture[str], orders: Path) -> None:
    code, out, _ = _run(capsys, "silence", str(orders), "--at", UNTIL, "--horizon", "60")
    shop, until = make_shop(80, 300, 15), date.fromisoformat(UNTIL).toordinal()
    assert code == 0
    assert [line["customer"] for line in _lines(out)] == sorted(c for c, days in shop.items() if days[0] <= until)
    assert all(0.0 <= line["p_none"] <= 1.0 for line in _lines(out))


def test_evaluate_sets_the_baselines_beside_the_pool_and_draws(
    capsys: pytest.CaptureFixture[str], orders: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "calibration.svg"
    asked = ("evaluate", str(orders), "--fit-until", UNTIL, "--horizon", "40")
    code, out, _ = _run(capsys, *asked, "--svg", str(picture))
    assert code == 0
    assert "own mean gap" in out
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    _, told, _ = _run(capsys, *asked, "--json")
    scores = json.loads(told)["scores"]
    assert scores["pool, with weekdays"]["crps"] < scores["population curve"]["crps"]


def test_best_hours_gives_everyone_a_distribution_over_the_week(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    rows = [f"a,2026-03-{day:02}T20:{minute:02},active" for day in range(1, 29) for minute in (5, 40)]
    rows += [f"b,2026-03-{day:02} 07:15,sent\nb,2026-03-{day:02} 07:45,opened" for day in range(1, 29)]
    rows += ["c,2026-04-20T12:00,active"]
    log.write_text("customer,at,kind\n" + "\n".join(rows), encoding="utf-8")
    code, out, _ = _run(capsys, "best-hours", str(log), "--fit-until", "2026-03-28")
    week = {line["customer"]: line["p"] for line in _lines(out)}
    assert code == 0
    assert list(week) == ["a", "b", "c"]
    assert all(len(p) == 168 and sum(p) == pytest.approx(1.0, abs=1e-6) for p in week.values())
    assert max(range(168), key=week["a"].__getitem__) % 24 == 20
    assert max(range(168), key=week["b"].__getitem__) % 24 == 7


def test_lag_tells_the_best_window(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "lag.csv"
    rows = [f"c{n},2026-03-01T09:00,2026-03-{5 + n % 4:02}T18:00" for n in range(60)]
    rows += [f"d{n},2026-03-0{1 + n % 5}," for n in range(60)] + ["e,2026-03-05,2026-03-01", "f,2026-04-30,"]
    log.write_text("customer,event_at,response_at\n" + "\n".join(rows), encoding="utf-8")
    code, out, _ = _run(capsys, "lag", str(log), "--window", "4", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["events"], found["answers"], found["before"]) == (122, 60, 1)
    assert (found["window"]["from"], found["window"]["to"]) == (4, 7)
    assert found["window"]["share"] > 0.6


@pytest.mark.parametrize(
    "text,told",
    [
        ("customer,when\na,2026-01-01\n", "no column at"),
        ("customer,at\na,yesterday\n", "line 2: at is 'yesterday'"),
        ("customer,at\n,2026-01-01\n", "line 2: customer is empty"),
        ("customer,at,amount\na,2026-01-01,much\n", "line 2: amount is 'much'"),
        ("customer,at\n", "no orders in it"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    code, _, err = _run(capsys, "predict", str(path), "--fit-until", "2026-01-01", "--horizon", "5")
    assert code == 1
    assert told in err


def test_a_wrong_kind_or_day_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("customer,at,kind\na,2026-01-01,seen\n", encoding="utf-8")
    assert "kind is 'seen'" in _run(capsys, "best-hours", str(log), "--fit-until", "2026-01-01")[2]
    log.write_text("customer,at,kind\na,2026-01-01,sent\n", encoding="utf-8")
    assert "--fit-until is 'soon'" in _run(capsys, "best-hours", str(log), "--fit-until", "soon")[2]


def test_offsets_proposes_the_days_and_compares_those_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "around.csv"
    rows = [f"c{n},2026-03-20T09:00,2026-03-{10 + n % 3:02}T18:00" for n in range(90)]
    rows += [f"d{n},2026-03-20,2026-03-06" for n in range(10)] + [f"e{n},2026-03-20," for n in range(100)]
    log.write_text("customer,event_at,response_at\n" + "\n".join(rows), encoding="utf-8")
    code, out, _ = _run(capsys, "offsets", str(log), "--compare=-14d,-9d", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["moments"], found["answers"], found["before"]) == (200, 100, 1.0)
    assert found["propose"] == {"before": -9, "after": None}
    (compared,) = found["compared"]
    assert compared["prefers"][1] < 0.5, "fourteen days before is worse"
    code, _, err = _run(capsys, "offsets", str(log), "--compare=-14,soon")
    assert code != 0
    assert "-14d,-9d" in err


def test_repeats_tells_what_comes_again_for_each_customer_and_when(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    fridays = [f"friday,{date.fromordinal(date(2026, 1, 2).toordinal() + 7 * n)}T18:00" for n in range(12)]
    paid = [f"paid,2025-{month:02}-{day}" for month, day in ((6, 25), (7, 25), (8, 25), (9, 25), (10, 24), (11, 25))]
    paid += ["paid,2025-12-24", "paid,2026-01-23", "paid,2026-02-25", "once,2026-01-05"]
    log.write_text("customer,at\n" + "\n".join(fridays + paid), encoding="utf-8")
    code, out, _ = _run(capsys, "repeats", str(log), "--at", "2026-03-20", "--country", "KR", "--json")
    friday, payday, once = _lines(out)
    assert code == 0
    assert friday["form"] == {"every_weeks": 1, "days": [4], "width": 1}
    assert (friday["came"], friday["of"], friday["next"]) == (11, 11, "2026-03-27")
    assert payday["form"] == {"day_of_month": 25, "shift": "previous", "width": 1}
    assert payday["next"] == "2026-03-25"
    assert once == {"customer": "once", "form": None, "sure": 0.0, "came": 0, "of": 0, "next": None}
    _, out, _ = _run(capsys, "repeats", str(log), "--at", "2026-03-20", "--payday")
    assert [line["form"] is None for line in _lines(out)] == [True, False, True]
    assert "--country is a code" in _run(capsys, "repeats", str(log), "--at", "2026-03-20", "--country", "XX")[2]
