"""Coupons and Pools: no code to two people, no two codes to one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.offers import Pool
from kairos.aws.coupons import CODES_PER_WRITE, DynamoCoupons, DynamoPools
from kairos.aws.traces import DynamoTraces
from kairos.domain.offer import Coupon
from kairos.memory import MemoryCoupons
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
END = NOW + timedelta(days=14)


@pytest.fixture
def table(cloud: Cloud) -> str:
    return cloud.table("messages")


@pytest.fixture
def coupons(kind: str, cloud: Cloud, table: str) -> Any:
    return MemoryCoupons() if kind == "memory" else DynamoCoupons(cloud.client("dynamodb"), table)


@pytest.fixture
def pools(kind: str, coupons: Any, cloud: Cloud, table: str) -> Any:
    return coupons if kind == "memory" else DynamoPools(cloud.client("dynamodb"), table)


def give(coupons: Any, profile: str, fallback: str = "", key: str = "spring") -> str | None:
    coupon = coupons.give(key, "spring", profile, END, fallback, NOW)
    return coupon.code if coupon else None


def test_codes_leave_a_pool_in_order_and_each_once(coupons: Any, pools: Any) -> None:
    assert pools.add("spring", ["A", "B", "C"]) == 3
    assert [give(coupons, f"p{number}") for number in range(4)] == ["A", "B", "C", None]
    assert pools.standing("spring") == Pool(3, 3)
    assert coupons.of("spring", ["p1"]) == Coupon("spring", "B", NOW, END)


def test_who_has_a_code_keeps_it(coupons: Any, pools: Any) -> None:
    pools.add("spring", ["A", "B"])
    assert give(coupons, "p1") == "A"
    assert give(coupons, "p1") == "A"  # two deliveries of one request at once
    assert give(coupons, "p1", key="spring#e2") in ("B", None)


def test_a_dry_pool_gives_its_fallback_to_everybody(coupons: Any) -> None:
    assert give(coupons, "p1") is None
    assert coupons.of("spring", ["p1"]) is None
    assert [give(coupons, id, "WELCOME") for id in ("p1", "p2")] == ["WELCOME", "WELCOME"]
    assert coupons.of("spring", ["p2"]).code == "WELCOME"


def test_a_code_is_found_under_every_id_of_its_person_the_first_one_first(coupons: Any, pools: Any) -> None:
    pools.add("spring", ["A", "B"])
    give(coupons, "old")
    give(coupons, "new")
    assert coupons.of("spring", ["none", "new", "old"]).code == "B"
    assert coupons.of("other", ["old", "new"]) is None


def test_a_file_imported_again_adds_what_is_new_in_it(coupons: Any, pools: Any) -> None:
    codes = [f"C{number}" for number in range(CODES_PER_WRITE + 3)]
    assert pools.add("spring", [*codes, "C0"]) == len(codes)
    assert pools.add("spring", [*codes, "D"]) == 1
    assert pools.add("winter", ["C0"]) == 1
    assert pools.standing("spring") == Pool(len(codes) + 1, 0)
    assert [give(coupons, f"p{number}") for number in range(len(codes) + 2)] == [*codes, "D", None]


def test_two_operators_at_once_lose_no_code(cloud: Cloud, table: str) -> None:
    """The second finds the count moved while it wrote, and looks again."""
    pools = DynamoPools(cloud.client("dynamodb"), table)
    calls = {"transact_write_items": [lambda: pools.add("spring", ["A"]) and None]}

    class Late:
        def __getattr__(self, name: str) -> Any:
            if calls.get(name):
                calls[name].pop()()
            return getattr(cloud.client("dynamodb"), name)

    assert DynamoPools(Late(), table).add("spring", ["A", "B"]) == 1
    coupons = DynamoCoupons(cloud.client("dynamodb"), table)
    assert [give(coupons, id) for id in ("p1", "p2", "p3")] == ["A", "B", None]


def test_a_code_that_left_its_pool_in_a_crash_is_given_to_nobody(cloud: Cloud, table: str) -> None:
    client = cloud.client("dynamodb")
    DynamoPools(client, table).add("spring", ["A", "B"])
    coupons = DynamoCoupons(client, table)
    coupons._next("spring")
    assert give(coupons, "p1") == "B"


def test_what_a_person_was_given_is_found_by_who_erases_them(cloud: Cloud, table: str) -> None:
    coupons = DynamoCoupons(cloud.client("dynamodb"), table)
    give(coupons, "p1", "WELCOME")
    traces = DynamoTraces(cloud.client("dynamodb"), "x", "x", table, "x")
    [row] = traces.messages(["p1"])
    assert row["code"] == "WELCOME"
    traces.forget_messages([row["message"]])
    assert coupons.of("spring", ["p1"]) is None
