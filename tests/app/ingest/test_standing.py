"""Standings: what decides who wins, and which ids keep two profiles apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ingest.standing import KNOWN_KINDS, Standing, claim_of, differ, row_of
from kairos.app.ports import Identifier

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def of(kind: str, value: str, source: str = "track/main", *, verified: bool = True) -> Identifier:
    return Identifier(kind, value, "" if kind in ("email", "phone") else source, verified, source)


def test_the_known_wins_then_the_older_then_the_smaller_id() -> None:
    younger, older = NOW, NOW - timedelta(days=1)
    known, old = Standing("b", younger, True), Standing("c", older)
    small, large = Standing("a", younger), Standing("b", younger)
    assert sorted([large, small, old, known], key=lambda standing: standing.rank) == [known, old, small, large]


def test_claims_are_made_by_verified_ids_of_persons_only() -> None:
    assert {"customer", "external", "email", "phone"} == KNOWN_KINDS
    assert claim_of(of("anonymous", "d"), "row") is None
    assert claim_of(of("email", "m@example.com", verified=False), "row") is None
    claim = claim_of(of("customer", "1", "shopify/a"), "1#customer#shopify/a#mac|odd")
    assert claim is not None
    assert row_of(claim) == "1#customer#shopify/a#mac|odd"


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ({"customer|a|1"}, {"customer|a|2"}, True),
        ({"customer|a|1"}, {"customer|a|1"}, False),
        ({"customer|a|1"}, {"customer|b|2"}, False),
        ({"customer|a|1"}, {"email|a|2"}, False),
        ({"email|a|1", "email|a|2"}, {"email|a|2"}, True),
        (set(), {"email|a|2"}, False),
    ],
)
def test_different_ids_of_one_kind_from_one_source_keep_apart(one: set[str], other: set[str], apart: bool) -> None:
    assert differ(one, other) == differ(other, one) == apart
