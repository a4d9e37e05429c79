from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.cli.import_columns import Plan
from kairos.cli.import_rows import Row, read_row

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PLAN = Plan(NOW, datetime(2026, 11, 1, tzinfo=UTC), ZoneInfo("Asia/Seoul"), country="KR")


def row(plan: Plan = PLAN, /, **cells: Any) -> Row:
    return read_row(7, {"email": "Mina@Example.com", **cells}, plan)


def person(plan: Plan = PLAN, /, **cells: Any) -> dict[str, Any]:
    found = row(plan, **cells)
    assert found.problems == []
    assert found.person is not None
    return found.person


def test_addresses_are_brought_into_the_form_by_which_they_are_known() -> None:
    found = person(phone="010-5550-0199", first_name=" 미나 ", birthday="1990. 2. 28", timezone="Asia/Seoul")
    assert (found["email"], found["phone"], found["first_name"]) == ("mina@example.com", "+821055500199", "미나")
    assert (found["birthday"], found["timezone"]) == ("1990-02-28", "Asia/Seoul")
    assert found["at"] == "2026-11-01T00:00:00Z"


@pytest.mark.parametrize(
    ("cells", "column", "right"),
    [
        ({"email": "mina"}, "email", "name@example.com"),
        ({"phone": "99"}, "phone", "+821012345678"),
        ({"customer_id": "1.23457E+11"}, "customer_id", "unrounded"),
        ({"birthday": "1990-02-30"}, "birthday", "1990-02-28"),
        ({"timezone": "Mars"}, "timezone", "Asia/Seoul"),
        ({"consent_email": "maybe"}, "consent_email", "yes, no, or a date"),
        ({"consent_email": "yes"}, "consent_email_at", "--consented-at"),
        ({"consent_email_at": "2025-01-01"}, "consent_email", "yes or no"),
        ({"consent_email": "2027-01-01"}, "consent_email", "yes, no, or a date"),
        ({"unsubscribed_sms": "yes"}, "phone", "the address that was unsubscribed"),
        ({"updated_at": "yesterday"}, "updated_at", "2025-01-31"),
        ({"email": ""}, "email", "email, phone or customer_id"),
    ],
)
def test_what_is_wrong_names_the_column_and_what_would_be_right_and_quotes_nothing(
    cells: dict[str, str], column: str, right: str
) -> None:
    (problem,) = row(**cells).problems
    assert (problem.line, problem.column) == (7, column)
    assert right in problem.expected
    assert not any(value not in ("", "yes") and value in problem.expected for value in cells.values())


def test_what_is_right_in_a_row_stays_beside_what_is_wrong() -> None:
    found = row(phone="12", unsubscribed_email="2025-03-01")
    assert [problem.column for problem in found.problems] == ["phone"]
    assert [stop["address"] for stop in found.stops] == ["mina@example.com"]


def test_a_consent_has_its_time_and_ground() -> None:
    at = person(consent_email="yes", consent_email_at="2025-01-31 09:00", consent_email_basis="form 3")["consents"]
    assert at == [{"channel": "email", "given": True, "at": "2025-01-31T00:00:00Z", "basis": "form 3"}]
    since = person(consent_sms="2025-01-31", phone="010-5550-0199")["consents"]
    assert since == [{"channel": "sms", "given": True, "at": "2025-01-30T15:00:00Z"}]
    plan = replace(PLAN, consented_at=datetime(2024, 1, 1, tzinfo=UTC), basis="old shop")
    assert person(plan, consent_email="동의")["consents"][0]["basis"] == "old shop"
    assert person(consent_email="no")["consents"] == [
        {"channel": "email", "given": False, "at": "2026-11-01T00:00:00Z"}
    ]


def test_a_refusal_with_a_date_is_the_persons_word_until_the_end_of_that_day() -> None:
    (stop,) = row(unsubscribed_email="2025-03-01").stops
    assert (stop["reason"], stop["at"]) == ("unsubscribed", "2025-03-01T14:59:59Z")


def test_a_refusal_without_a_date_is_kept_for_good() -> None:
    (stop,) = row(unsubscribed_email="yes").stops
    assert stop["reason"] == "imported"
    assert row(unsubscribed_email="no", first_name="m").stops == []


def test_a_row_that_only_refuses_makes_nobody_known() -> None:
    assert row(unsubscribed_email="2025-03-01").person is None
    assert person(unsubscribed_email="2025-03-01", first_name="Mina")["consents"][0]["given"] is False


def test_a_stop_of_another_stack_is_known_by_its_hash() -> None:
    cells = {
        "address_hash": "1#" + "a" * 52,
        "channel": "sms",
        "purpose": "all",
        "reason": "bounced",
        "at": "2025-03-01T00:00:00Z",
    }
    assert read_row(2, cells, PLAN).stops == [cells]
    problems = read_row(2, cells | {"address_hash": "mina@example.com", "channel": ""}, PLAN).problems
    assert [problem.column for problem in problems] == ["address_hash", "channel"]


def test_only_listed_columns_are_traits_and_none_holds_an_address() -> None:
    plan = replace(PLAN, traits=("등급", "points"))
    assert person(plan, 등급="vip", points="120", secret="x")["traits"] == {"등급": "vip", "points": 120}
    assert [problem.column for problem in row(plan, 등급="a@example.com").problems] == ["등급"]
    assert person(plan, points="007")["traits"] == {"points": "007"}
