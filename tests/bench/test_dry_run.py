"""The dry run of a whole shop lives the same lives every time, through the command."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from bench.dry_run import START, lines, measure, section


def test_every_customer_is_introduced_once_and_lives_within_the_days() -> None:
    told = list(lines(40, 30))
    assert told == list(lines(40, 30))
    assert len({line["id"] for line in told}) == len(told)
    introduced = Counter(line["profile"] for line in told if line["event"] == "profile_updated")
    assert (len(introduced), set(introduced.values())) == (40, {1})
    first = {who: min(line["at"] for line in told if line["profile"] == who) for who in introduced}
    assert all(line["at"] >= first[line["profile"]] for line in told)
    assert max(datetime.fromisoformat(line["at"]) for line in told) < START + timedelta(days=31)
    assert {"checkout_started", "order_completed", "entry_updated"} <= {line["event"] for line in told}


def test_the_command_lives_through_them_and_what_it_took_is_told() -> None:
    ran = measure(customers=5, days=20)
    assert ran.events == len(list(lines(5, 20)))
    assert ran.processor > 0
    assert ran.peak > 10
    assert "entered" in ran.said
    assert "| 5 | 20 |" in str(section(ran))
