"""What a start imports. How long it takes is measured by `make bench`, never here."""

from __future__ import annotations

import os
import sys

import pytest

from bench import cold
from bench.line import ROOT

FORBIDDEN = {"pydantic", "yaml", "typer", "rich", "liquid", "moto", "holidays", "boto3", "jinja2", "cryptography"}
SOURCES = cold.Runtime(sys.executable, os.pathsep.join((str(ROOT), str(ROOT / "shared"))), "the sources")
ALLOWED = {"deliver": {"liquid"}}


@pytest.mark.parametrize("name", cold.NAMES)
def test_a_hot_function_starts_without_what_others_need(name: str) -> None:
    loaded = {module.partition(".")[0] for module in cold.imported(SOURCES, cold.START.format(name))}
    assert "botocore" in loaded, "it has built its clients"
    assert loaded & FORBIDDEN <= ALLOWED.get(name, set())


def test_imports_are_summed_by_package_and_the_standard_library_is_one() -> None:
    told = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   json.decoder
import time:        50 |        150 | json
import time:      4000 |       4100 |   botocore.session
import time:       500 |       4600 | botocore
"""
    assert cold.heaviest(told) == (("botocore", 2, 4.5), ("standard library", 2, 0.15))


def test_what_does_not_start_says_why() -> None:
    assert cold.refuses(SOURCES, "import kairos") is None
    assert "ModuleNotFoundError" in (cold.refuses(SOURCES, "import kairos.nothing") or "")


def test_a_bare_start_makes_the_same_clients_and_nothing_of_ours() -> None:
    loaded = cold.imported(SOURCES, cold.BARE.format(services=("dynamodb",)))
    assert "botocore.session" in loaded
    assert not [module for module in loaded if module.startswith("kairos")]
