from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import install_chromium, running_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = install_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine, and none could be installed")
    with running_chromium(path) as running:
        yield running
