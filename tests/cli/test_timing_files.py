"""What `kairos timing` makes of files as people save them: read where the meaning is plain, else told why not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

pytest.importorskip("scipy")

from kairos.cli.failure import CannotDo
from kairos.cli.main import main
from kairos.cli.timing_files import Orders, read_orders

PLAIN = "customer,at,amount\nann,2026-01-05,12.5\nann,2026-02-05,-3\nbob,2026-01-09T23:59,\n"
ANN, BOB = [739621, 739652], [739625]


def _read(tmp_path: Path, text: str | bytes, name: str = "orders.csv") -> Orders:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_orders(path)


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["timing", *arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("customer,at,amount", ' "Customer" ,AT,Amount'.lstrip()),
        PLAIN.replace("\n", "\n\n , ,\n"),
        PLAIN.replace("ann,2026-01-05,12.5", "ann,2026-01-05T03:04:05.678+09:00,12.5"),
        PLAIN.replace("ann,2026-02-05,-3", "ann,46058.75,-3"),
        PLAIN.replace("\n", ",,\n"),
        "amount,note,at,customer\n12.5,x,2026-01-05,ann\n-3,,2026-02-05,ann\n,y,2026-01-09 23:59,bob",
    ],
)
def test_a_file_is_read_as_a_spreadsheet_saves_it(tmp_path: Path, text: str) -> None:
    orders = _read(tmp_path, text)
    assert orders.days == {"ann": ANN, "bob": BOB}
    assert orders.amounts == {"ann": [(ANN[0], 12.5), (ANN[1], -3.0)]}


def test_rows_may_come_in_any_order_and_often(tmp_path: Path) -> None:
    head, *rows = PLAIN.splitlines()
    assert _read(tmp_path, "\n".join([head, *reversed(rows * 3)])).days == {"ann": ANN, "bob": BOB}
    assert _read(tmp_path, gzip.compress(PLAIN.encode()), "orders.csv.gz").days == {"ann": ANN, "bob": BOB}


def test_a_clock_change_moves_no_day(tmp_path: Path) -> None:
    """A wall in Lord Howe or London shows what it shows: half past one twice, or half past two never."""
    rows = ("2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+00:00", "2026-03-29T01:30", "2026-03-28T23:59:59.999999")
    days = _read(tmp_path, "customer,at\n" + "\n".join(f"ann,{at}" for at in rows)).days["ann"]
    assert [day - days[0] for day in days] == [0, 1, 211]


@pytest.mark.parametrize(
    "text,told",
    [
        pytest.param("", "line 1: no column customer, at", id="empty"),
        ("customer,at,at\na,2026-01-01,2026-01-02\n", "line 1: column at is there twice"),
        (PLAIN + "\n\ncat,01/02/2026,1\n", "line 7: at is '01/02/2026'"),
        (PLAIN + "cat,2026-02-30,1\n", "line 5: at is '2026-02-30'"),
        (PLAIN + "cat,0001-01-01,1\n", "line 5: at is '0001-01-01'; a year from 1900"),
        (PLAIN + "cat,2026-02-03,1,234.50\n", "line 5: 4 cells, the header has 3"),
        (PLAIN + "cat,2026-02-03,1e999\n", "line 5: amount is '1e999'"),
        (PLAIN + "cat,2026-02-03,£5\n", "line 5: amount is '£5'"),
        (PLAIN + " ,2026-02-03,5\n", "line 5: customer is empty"),
        (PLAIN + "cat\n", "line 5: at is ''"),
        (PLAIN.encode() + b"Z\xfcrich,2026-02-03,1\n", "not UTF-8"),
        ("customer,at\n\n , \n", "no orders in it"),
        pytest.param(PLAIN + '"' + "x" * 200_000, "after line 4: field larger than field limit", id="never closed"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | bytes, told: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    picture = tmp_path / "picture.svg"
    for command in (
        ("predict", str(path), "--fit-until", "2026-01-05", "--horizon", "5"),
        ("silence", str(path), "--at", "2026-01-05", "--horizon", "5"),
        ("evaluate", str(path), "--fit-until", "2026-01-05", "--horizon", "5", "--svg", str(picture)),
    ):
        code, out, err = _run(capsys, *command)
        assert (code, out) == (1, "")
        assert told in err
        assert err.count("\n") == 1
    assert not picture.exists()


@pytest.mark.parametrize("name,told", [("torn.csv.gz", "after line 1"), ("none.csv", "none.csv")])
def test_a_torn_or_missing_file_is_told(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress(PLAIN.encode() * 50)[:40])
    with pytest.raises((CannotDo, OSError), match=told):
        read_orders(tmp_path / name)


@pytest.mark.parametrize("at,amounts", [("2026-03-01", False), ("2026-03-01T10:00", True)])
def test_a_shop_of_one_day_is_answered_from_what_the_product_knows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, at: str, amounts: bool
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer,at,amount\n" + "".join(f"c{n},{at},{n if amounts else ''}\n" for n in range(120)))
    for until in ("2026-02-28", "2026-03-01"):
        code, out, _ = _run(capsys, "predict", str(path), "--fit-until", until, "--horizon", "3", "--json")
        lines = [json.loads(line) for line in out.splitlines()]
        assert code == 0
        assert len(lines) == (120 if until < at[:10] else 0)
        assert all(0.0 < line["cdf"][0] < line["cdf"][2] < 0.5 for line in lines)
    code, out, _ = _run(capsys, "silence", str(path), "--at", "2026-03-20", "--horizon", "30")
    chances = {json.loads(line)["p_none"] for line in out.splitlines()}
    assert (code, len(chances)) == (0, 1)
    assert 0.0 < chances.pop() < 1.0


def test_one_customer_with_a_thousand_orders_a_day_and_ten_years_between(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"a,{year}-05-01T{n % 24:02}:00" for year in (2006, 2016, 2026) for n in range(1000)]
    path.write_text("customer,at\n" + "\n".join(rows))
    code, out, _ = _run(capsys, "predict", str(path), "--fit-until", "2010-01-01", "--horizon", "9", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, [line["at"] for line in lines]) == (0, ["2016-05-01", "2026-05-01"])
    assert all(0.0 <= line["cdf"][0] <= line["cdf"][-1] <= 1.0 and 0.0 <= line["p_gone"] <= 1.0 for line in lines)


def test_an_answer_before_the_event_of_its_day_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "lag.csv"
    rows = ["a,2026-03-01T10:00,2026-03-01T09:00", "b,2026-03-01T10:00,2026-03-01", "c,2026-03-01,2026-03-01T09:00"]
    path.write_text("customer,event_at,response_at\n" + "\n".join(rows))
    found = json.loads(_run(capsys, "lag", str(path), "--json")[1])
    assert (found["events"], found["answers"], found["before"]) == (3, 2, 1)
