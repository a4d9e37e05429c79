"""Least privilege, measured: what is granted and not needed is on a list, and the list only gets shorter."""

from __future__ import annotations

import pytest

from tests.local.everyday import lived_days
from tests.local.unused_permissions import FILE, listed

pytestmark = pytest.mark.xdist_group("everyday")
HOW = "run `PYTHONPATH=. .venv/bin/python -m tests.local.unused_permissions`"


def test_whatever_is_granted_is_used_or_listed() -> None:
    assert set(lived_days().unused) - set(listed()) == set(), "use it in everyday.py, or take the grant away"


def test_what_is_listed_is_still_granted_and_still_unused() -> None:
    stale = {grant for grant in listed() if grant and not grant.startswith("#")} - set(lived_days().unused)
    assert stale == set(), HOW


def test_every_line_says_why_it_is_there() -> None:
    for line in FILE.read_text("utf-8").splitlines():
        assert not line.strip() or line.partition("#")[2].strip(), line
