"""What a resolver answers over HTTPS, and what is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kairos.cli.checkup.dns import text_records
from kairos.domain.errors import Unavailable
from kairos.sources._pulling import Answer


class Resolver:
    """A resolver with one answer."""

    def __init__(self, said: Any, status: int = 200) -> None:
        self.body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.status = status
        self.asked: list[str] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 1_048_576
    ) -> Answer:
        self.asked.append(url)
        return Answer(self.status, {}, self.body)


def test_each_text_record_is_one_text_however_it_is_cut_and_quoted() -> None:
    rows = [
        {"name": "_dmarc.example.com.", "type": 16, "TTL": 300, "data": "v=DMARC1; p=none"},
        {"name": "_dmarc.example.com.", "type": 16, "TTL": 300, "data": '"v=spf1 " "-all"'},
        {"name": "_dmarc.example.com.", "type": 5, "TTL": 300, "data": "elsewhere.example.com."},
        {"type": 16, "data": None},
        "?",
    ]
    resolver = Resolver({"Status": 0, "Answer": rows})
    assert text_records("_dmarc.example.com", resolver) == ["v=DMARC1; p=none", "v=spf1 -all"]
    assert resolver.asked == ["https://dns.google/resolve?name=_dmarc.example.com&type=TXT"]


@pytest.mark.parametrize("said", [{"Status": 3}, {"Status": 0}, {"Status": 0, "Answer": None}])
def test_a_name_without_records_has_none(said: Any) -> None:
    assert text_records("_dmarc.example.com", Resolver(said)) == []


@pytest.mark.parametrize(("said", "status"), [({"Status": 2}, 200), (b"<html>", 200), ([], 200), ({"Status": 0}, 503)])
def test_what_could_not_be_found_out_is_not_taken_for_nothing(said: Any, status: int) -> None:
    with pytest.raises(Unavailable):
        text_records("_dmarc.example.com", Resolver(said, status))
