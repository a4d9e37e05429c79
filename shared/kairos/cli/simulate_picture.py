"""A simulation as a picture: a bar a day, a colour a journey. On top of it, in outline, what the day held for later
(quiet hours, caps, rests) and, dashed, what it gave up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from html import escape

from kairos.cli.simulate_summary import Summary

_WIDTH, _HEIGHT, _LEFT, _TOP = 860.0, 300.0, 70.0, 44.0
_COLOURS = ("#1b6ca8", "#c1440e", "#4a7c2c", "#8a4fa3", "#b8860b", "#2b8a8a", "#a3325c", "#555555")
DAYS_MAX = 1_000
TICKS = 4
_STAYED = {"held": ("held for later", ""), "not_sent": ("not sent", ' stroke-dasharray="3 2"')}


def draw_messages(summary: Summary) -> str:
    """Return an SVG of messages a day by journey, on the brand's calendar."""
    days = _days(summary)
    journeys = sorted({journey for _, journey, _ in summary.days})
    counts: Counter[tuple[str, str]] = Counter()
    for (day, journey, _), count in summary.days.items():
        counts[day, journey] += count
    sent = {day: sum(counts[day, journey] for journey in journeys) for day in days}
    most = max((sent[day] + sum(summary.stayed[day, kind] for kind in _STAYED) for day in days), default=0) or 1
    height = _TOP + _HEIGHT + 50 + 18 * (len(journeys) + len(_STAYED))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {height:g}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="960" height="{height:g}" fill="#fff"/>',
        f'<text x="{_LEFT:g}" y="24" font-size="15">{sum(counts.values()):,} messages</text>',
    ]
    parts += _axis(most)
    parts += _bars(days, journeys, counts, most)
    parts += _outlines(days, sent, summary.stayed, most)
    parts += _dates(days)
    for place, journey in enumerate(journeys):
        y = _TOP + _HEIGHT + 46 + 18 * place
        total = sum(count for (_, its), count in counts.items() if its == journey)
        parts.append(f'<rect x="{_LEFT:g}" y="{y - 10:g}" width="12" height="12" fill="{_colour(place)}"/>')
        parts.append(f'<text x="{_LEFT + 18:g}" y="{y:g}">{escape(journey)}: {total:,}</text>')
    for place, (kind, (name, dash)) in enumerate(_STAYED.items(), len(journeys)):
        y = _TOP + _HEIGHT + 46 + 18 * place
        total = sum(count for (_, its), count in summary.stayed.items() if its == kind)
        parts.append(f'<rect x="{_LEFT:g}" y="{y - 10:g}" width="12" height="12" fill="none" stroke="#555"{dash}/>')
        parts.append(f'<text x="{_LEFT + 18:g}" y="{y:g}">{name}: {total:,}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _days(summary: Summary) -> list[str]:
    found = sorted({day for day, _, _ in summary.days} | {day for day, _ in summary.stayed})
    if not found:
        return []
    first, last = date.fromisoformat(found[0]), date.fromisoformat(found[-1])
    span = min((last - first).days + 1, DAYS_MAX)
    return [f"{first + timedelta(days=number)}" for number in range(span)]


def _axis(most: int) -> list[str]:
    parts = []
    for tick in range(TICKS + 1):
        y = _TOP + _HEIGHT * (1 - tick / TICKS)
        parts.append(f'<path d="M{_LEFT:g} {y:g}h{_WIDTH:g}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8:g}" y="{y + 4:g}" text-anchor="end">{most * tick / TICKS:,.0f}</text>')
    return parts


def _bars(days: list[str], journeys: list[str], counts: Counter[tuple[str, str]], most: int) -> list[str]:
    parts, width = [], _WIDTH / max(1, len(days))
    for number, day in enumerate(days):
        top = _TOP + _HEIGHT
        for place, journey in enumerate(journeys):
            count = counts[day, journey]
            if not count:
                continue
            tall = _HEIGHT * count / most
            top -= tall
            parts.append(
                f'<rect x="{_LEFT + number * width:.2f}" y="{top:.2f}" width="{width * 0.9:.2f}" height="{tall:.2f}" '
                f'fill="{_colour(place)}"><title>{day} {escape(journey)}: {count:,}</title></rect>'
            )
    return parts


def _outlines(days: list[str], sent: Mapping[str, int], stayed: Counter[tuple[str, str]], most: int) -> list[str]:
    parts, width = [], _WIDTH / max(1, len(days))
    for number, day in enumerate(days):
        top = _TOP + _HEIGHT * (1 - sent[day] / most)
        for kind, (name, dash) in _STAYED.items():
            count = stayed[day, kind]
            if not count:
                continue
            tall = _HEIGHT * count / most
            top -= tall
            parts.append(
                f'<rect x="{_LEFT + number * width:.2f}" y="{top:.2f}" width="{width * 0.9:.2f}" height="{tall:.2f}" '
                f'fill="none" stroke="#555"{dash}><title>{day} {name}: {count:,}</title></rect>'
            )
    return parts


def _dates(days: list[str]) -> list[str]:
    step = max(1, -(-len(days) // 8))
    width = _WIDTH / max(1, len(days))
    y = _TOP + _HEIGHT + 18
    return [f'<text x="{_LEFT + n * width:.2f}" y="{y:g}">{days[n]}</text>' for n in range(0, len(days), step)]


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]
