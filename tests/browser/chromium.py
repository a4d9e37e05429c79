"""A real Chromium for tests: the one of this machine, or Debian's own, which is installed where it is missing.

`python -m tests.browser.chromium` installs it (`make setup` asks for it): as root, by apt. Where there is neither a
browser nor a way to one, the tests that need it are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
APT = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"),
)
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-extensions"]
APT_SECONDS = 240


def find_chromium() -> str | None:
    """Return the browser of this machine; `KAIROS_CHROMIUM` names another."""
    named = os.environ.get("KAIROS_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def install_chromium() -> str | None:
    """Return the browser, installed by apt where there is none and that may be done; None where it cannot be had."""
    if (found := find_chromium()) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in APT:
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=APT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0 and command[1] == "install":
            return None
    return find_chromium()


@contextmanager
def running_chromium(path: str) -> Iterator[Browser]:
    """Run the browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    found = install_chromium()
    sys.stderr.write(f"{found or 'no Chromium: tests in a browser are skipped (install the package chromium)'}\n")
