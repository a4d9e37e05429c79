"""The ledger of consents: rows are added once, read in order, and deleted by the operator alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.consents import ConsentHistory, Word, word_from_json, word_to_json
from kairos.aws.consents import DynamoConsents
from kairos.memory import MemoryConsents
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)
GIVEN = Word(
    *("p1", "e1", NOW, NOW + DAY, "email", "marketing", True, "existing_customer", "2026-11_v2", "form-8812"),
    *("shopify", "main", NOW + 180 * DAY, True),
)
REFUSED = Word("p1", "e2", NOW + DAY, NOW + DAY, "email", "marketing", given=False, source="preferences")


@pytest.fixture
def ledger(kind: str, cloud: Cloud) -> ConsentHistory:
    if kind == "memory":
        return MemoryConsents()
    return DynamoConsents(cloud.client("dynamodb"), cloud.table("consents"))


def test_words_are_read_as_they_were_noted_in_order_of_time_and_of_the_persons_asked_for(
    ledger: ConsentHistory,
) -> None:
    other = replace(GIVEN, person="p2", at=NOW - DAY)
    ledger.note([REFUSED, GIVEN, other, replace(GIVEN, person="p3")])
    assert ledger.of(["p1", "p2", "p1"]) == [other, GIVEN, REFUSED]
    assert ledger.of([]) == ledger.of(["nobody"]) == []


def test_a_word_that_is_there_is_never_written_over(ledger: ConsentHistory) -> None:
    ledger.note([REFUSED])
    ledger.note([replace(REFUSED, given=True, wording="forged"), GIVEN])
    assert ledger.of(["p1"]) == [GIVEN, REFUSED]


def test_two_words_of_one_instant_are_two(ledger: ConsentHistory) -> None:
    at_once = replace(REFUSED, at=NOW)
    ledger.note([GIVEN, at_once])
    assert ledger.of(["p1"]) == [GIVEN, at_once]


def test_what_is_deleted_is_gone_alone_and_may_be_deleted_again(ledger: ConsentHistory) -> None:
    ledger.note([GIVEN, REFUSED])
    for _ in range(2):
        ledger.forget([GIVEN])
    assert ledger.of(["p1"]) == [REFUSED]


@pytest.mark.parametrize("word", [GIVEN, REFUSED])
def test_a_word_is_the_same_after_it_was_json(word: Word) -> None:
    assert word_from_json(word_to_json(word)) == word
