"""What roles are allowed and `everyday` does not use: a list that may only shrink.

    PYTHONPATH=. .venv/bin/python -m tests.local.unused_permissions

takes out of `unused_permissions.txt` what is used by now, and what is no longer allowed. It never adds a line: a new
permission is used by a day of `everyday`, or written into the file by hand with its reason behind a `#`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.local.everyday import lived_days

FILE = Path(__file__).with_suffix(".txt")


def listed() -> dict[str, str]:
    """Return each line of the file by the grant that it names; comments and empty lines under themselves."""
    return {line.partition("#")[0].strip() or line: line for line in FILE.read_text("utf-8").splitlines()}


def shrink(unused: list[str]) -> list[str]:
    """Write the file without what is not unused any more; return what is unused and not in it."""
    known = listed()
    kept = [line for grant, line in known.items() if grant in unused or grant.startswith("#") or not grant]
    FILE.write_text("\n".join(kept) + "\n", "utf-8")
    return sorted(set(unused) - set(known))


def main() -> int:
    new = shrink(lived_days().unused)
    for grant in new:
        sys.stdout.write(f"not used and not listed: {grant}\n")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
