"""How a template writes a time: on the customer's own clock, in the brand's language, the same on every machine.

The platform's `strftime` differs between systems and follows the process's locale; this one has a short table instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.instant import parse_instant

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ko": ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NOON = {"en": ("AM", "PM"), "ko": ("오전", "오후")}

_FORMS = {
    "day": {"en": "%A, %B %-d", "ko": "%-m월 %-d일(%a)"},
    "time": {"en": "%-I:%M %p", "ko": "%p %-I:%M"},
    "moment": {"en": "%A, %B %-d at %-I:%M %p", "ko": "%-m월 %-d일(%a) %p %-I:%M"},
}

_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wall:
    """The clock on the customer's wall: their zone, the language of what is written ("en", "ko"), and what it shows
    now; beside it the currency in which the brand sells."""

    zone: ZoneInfo
    language: str
    now: datetime
    currency: str = "USD"

    def read(self, value: Any) -> datetime:
        """Return the local time of an instant, a text of ISO 8601, a date, or "now". Raises ValueError for others."""
        if value in ("now", "today"):
            return self.now.astimezone(self.zone)
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(self.zone)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=self.zone)
        if isinstance(value, str) and _DATE.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=self.zone)
        return parse_instant(value, self.zone).astimezone(self.zone)

    def write(self, value: Any, form: str) -> str:
        """Return the time as `form` says: "day", "time" or "moment" as the language writes them, else strftime's common
        directives; `%-d` drops the leading zero.

        Raises ValueError naming a directive that is not known here.
        """
        moment = self.read(value)
        form = _FORMS.get(str(form), {}).get(self.language if self.language in DAYS else "en", str(form))
        return _DIRECTIVE.sub(lambda found: self._directive(moment, found[1], found[2]), form)

    def _directive(self, moment: datetime, dash: str, letter: str) -> str:
        numbers = {
            "Y": (moment.year, 4),
            "m": (moment.month, 2),
            "d": (moment.day, 2),
            "H": (moment.hour, 2),
            "I": (moment.hour % 12 or 12, 2),
            "M": (moment.minute, 2),
            "S": (moment.second, 2),
            "y": (moment.year % 100, 2),
            "j": (moment.timetuple().tm_yday, 3),
            "u": (moment.isoweekday(), 1),
        }
        if letter in numbers:
            number, width = numbers[letter]
            return str(number) if dash else f"{number:0{width}}"
        words = self._words(moment)
        if letter in words and not dash:
            return words[letter]
        raise ValueError(
            f"no time is written by %{dash}{letter}; there are: %Y %m %d %H %I %M %S %y %j %u %A %a %B %b %p"
        )

    def _words(self, moment: datetime) -> dict[str, str]:
        language = self.language if self.language in DAYS else "en"
        day = DAYS[language][moment.weekday()]
        month = f"{moment.month}월" if language == "ko" else MONTHS[moment.month - 1]
        return {
            "A": day,
            "a": day[:1] if language == "ko" else day[:3],
            "B": month,
            "b": month if language == "ko" else month[:3],
            "p": NOON[language][moment.hour >= 12],
            "Z": moment.tzname() or "",
            "z": moment.strftime("%z"),
            "%": "%",
        }
