"""Which columns a file may have: under the names of usual exports, or as the command line says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kairos.cli.failure import CannotDo
from kairos.cli.import_columns import COLUMNS, SYNONYMS, check_traits, column_of, read_instant_of, read_renamed
from tests.cli.test_import_rows import PLAN


def test_every_other_name_means_a_column_that_there_is() -> None:
    assert set(SYNONYMS.values()) <= COLUMNS


def test_a_traits_name_is_one_word() -> None:
    check_traits(["points", "등급"])
    with pytest.raises(CannotDo, match="rename the column"):
        check_traits(["two words"])


def test_an_option_names_an_instant_or_says_what_it_takes() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    assert read_instant_of("2025-01-31", "--as-of", seoul) == datetime(2025, 1, 30, 15, tzinfo=UTC)
    assert read_instant_of(None, "--as-of", seoul) is None
    with pytest.raises(CannotDo, match="--as-of takes a date or time"):
        read_instant_of("soon", "--as-of", seoul)


def test_headers_of_usual_exports_are_understood_and_others_can_be_named() -> None:
    for name, column in (("E-Mail", "email"), ("First Name", "first_name"), ("휴대폰", "phone"), ("Customer ID", None)):
        assert column_of(name, PLAN) == (column or "customer_id")
    assert column_of("memo", PLAN) is None
    assert column_of("Adresse", replace(PLAN, renamed=read_renamed(["Adresse=email"]))) == "email"
    for wrong in ("email", "=email", "a=b"):
        with pytest.raises(CannotDo, match="THEIRS=OURS"):
            read_renamed([wrong])
