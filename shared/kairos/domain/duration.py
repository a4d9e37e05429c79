"""Elapsed time as a marketer writes it: `90s`, `30m`, `2h`, `1d`, `2w`, `1d12h`.

A duration is physics, not a calendar: `1d` is 24 hours, also on the day the clocks change. Calendar days are `offset`.
"""

import re
from datetime import timedelta

DURATION_MAX = timedelta(days=3652)
"""Ten years. Longer is a slip of the keyboard, and would outlive the bounds of `instant`."""

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM = re.compile("".join(rf"(?:(\d{{1,9}}){unit})?" for unit in _SECONDS), re.ASCII)
_RIGHT = 'write a whole number and a unit (s, m, h, d, w), such as "30m", "2h", "1d12h"'


def parse_duration(text: str) -> timedelta:
    """Return the elapsed time that `text` names; `"0m"` is allowed, units go from large to small, each once.

    Raises ValueError, saying what would be right, for anything else and beyond ten years.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None or not text:
        raise ValueError(f"{_shown(text)} is no duration: {_wrong(text)}")
    seconds = sum(int(count) * unit for count, unit in zip(found.groups(), _SECONDS.values(), strict=True) if count)
    if seconds > DURATION_MAX.total_seconds():
        raise ValueError(f"{_shown(text)} is longer than ten years (3652d)")
    return timedelta(seconds=seconds)


def format_duration(length: timedelta, largest: str = "w") -> str:
    """Return the canonical text of `length`: units from large to small, weeks only where they are whole, zero as `0m`.

    `largest` is the largest unit to use (`w`, `d`, `h`, `m` or `s`); `parse_duration` reads the text back exactly.
    Raises ValueError for negative lengths and fractions of a second, which the form cannot say.
    """
    if length < timedelta(0) or length.microseconds:
        raise ValueError(f"{length!r} has no canonical text: a duration is zero or more whole seconds")
    rest = length.days * 86_400 + length.seconds
    if rest == 0:
        return "0m"
    if largest == "w" and rest % _SECONDS["w"] == 0:
        return f"{rest // _SECONDS['w']}w"
    parts: list[str] = []
    units = list("dhms")
    for unit in units[units.index("d" if largest == "w" else largest) :]:
        count, rest = divmod(rest, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def _wrong(text: object) -> str:
    if not isinstance(text, str):
        return _RIGHT
    if text.startswith("-"):
        return f"time does not run backwards; {_RIGHT}"
    if text.isdecimal():
        return f'the unit is missing: write "{text[:9]}m" for minutes, or s, h, d, w'
    return _RIGHT


def _shown(text: object) -> str:
    return repr(text[:40]) if isinstance(text, str) else type(text).__name__
