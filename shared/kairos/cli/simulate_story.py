"""The decisions of a dry run, each told as it is taken: for people, or as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

from kairos.domain.localtime import local
from kairos.domain.reason import Reason, reason_to_json


def print_json(reason: Reason) -> None:
    """Print one decision as a line of JSON."""
    sys.stdout.write(json.dumps(reason_to_json(reason), ensure_ascii=False) + "\n")


class Story:
    """What is told to people: a line a decision in the brand's local time, and totals."""

    def __init__(self, zone: ZoneInfo, write: Callable[[str], None]) -> None:
        self._zone = zone
        self._write = write
        self._day = ""
        self.totals: Counter[str] = Counter()

    def tell(self, reason: Reason) -> None:
        """Print one decision."""
        self.totals[reason.kind] += 1
        at = local(reason.at, self._zone)
        if (day := at.strftime("%Y-%m-%d %a")) != self._day:
            self._day = day
            self._write(f"\n{day}")
        what = " ".join(part for part in (reason.channel, reason.template) if part)
        due = f" until {local(reason.due, self._zone):%m-%d %H:%M}" if reason.kind == "held" and reason.due else ""
        why = f" ({reason.reason})" if reason.reason else ""
        subject = f" [{reason.subject}]" if reason.subject else ""
        who = f"{reason.kind:<9} {reason.profile:<12}"
        self._write(f"  {at:%H:%M:%S}  {who} {reason.journey}{subject} {what}{due}{why}".rstrip())

    def end(self) -> None:
        """Print the totals."""
        self._write("\n" + (", ".join(f"{count} {kind}" for kind, count in sorted(self.totals.items())) or "nothing"))
