"""The stack, synthesised once for all tests: `prod` with everything said, and `local` as the local cloud reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.app import synthesise
from tests.infra.deployed import Deployed


@pytest.hookimpl(tryfirst=True)  # before the workers read the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one synthesis in one worker: it takes twelve seconds."""
    for item in items:
        if "prod" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("prod"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """`prod` with every option; synthesis itself fails where a rule of `infra/checks.py` is broken."""
    return Deployed(
        synthesise(
            "prod",
            tmp_path_factory.mktemp("prod"),
            checked=True,
            alarm_email="owner@example.com",
            email_identity="example.com",
            allowed_origins="https://shop.example.com,https://blog.example.com",
            traces="true",
            link_domain="link.example.com",
            link_certificate="arn:aws:acm:ap-northeast-2:123456789012:certificate/0a1b-2c3d",
        )
    )


@pytest.fixture(scope="session")
def local(synthesised: Path) -> Deployed:
    return Deployed(synthesised)
