"""Tables as Markdown."""

from __future__ import annotations

import re

from bench.report import Section, machine, table, today


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    assert table(["name", "n", "usd"], [["a", 1, "$2.50"], ["b", "1,000", "**3**"]]).splitlines() == [
        "| name | n | usd |",
        "| --- | ---: | ---: |",
        "| a | 1 | $2.50 |",
        "| b | 1,000 | **3** |",
    ]


def test_a_table_without_rows_is_still_a_table() -> None:
    assert table(["a"], []).splitlines() == ["| a |", "| --- |"]


def test_a_section_says_what_it_is_before_its_parts() -> None:
    assert str(Section("Title", " why \n", ["one", "two"])) == "## Title\n\nwhy\n\none\n\ntwo"


def test_the_machine_is_told_by_its_kind_and_the_day_by_its_date() -> None:
    assert re.search(r"\d+ cores, .*Python 3\.\d+", machine())
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", today())
