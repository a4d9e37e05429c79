"""Three pictures of what was learned, as SVG: a calibration, a week, a curve. No library draws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

Interval = tuple[float, float]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_INK, _DIM, _BLUE, _RED, _GREY = "#333", "#777", "#1b6ca8", "#c1440e", "#bbb"
_LEFT, _TOP, _SIDE = 60, 50, 360
_NINETY = 1.645
"""Standard deviations about the mean between which nine of ten normal values lie."""


def calibration(title: str, curves: Mapping[str, Sequence[tuple[float, float, int]]]) -> str:
    """Return named points of (mean forecast, share that came, how many): a good forecast lies on the diagonal.

    The bar about a point is where 90 % of such shares fall by chance, were the forecast right.
    """
    parts = [*_frame(title, "forecast probability of an order within 30 days", "share that came")]
    parts.append(f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="{_GREY}" stroke-dasharray="4 4"/>')
    for place, (name, points) in enumerate(curves.items()):
        parts += _calibrated(points, (_DIM, _BLUE)[place % 2])
        parts.append(f'<text x="{_x(0.03)}" y="{_TOP + 18 * (place + 1)}" fill="{(_DIM, _BLUE)[place % 2]}">')
        parts[-1] += f"{escape(name)}</text>"
    parts.append(_note("bars: where 90% of such shares fall by chance, were the forecast right"))
    return _svg(parts, 480, 500)


def _calibrated(points: Sequence[tuple[float, float, int]], colour: str) -> Iterator[str]:
    line = " ".join(f"{_x(forecast)},{_y(came)}" for forecast, came, _ in points)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for forecast, came, many in points:
        spread = _NINETY * (forecast * (1 - forecast) / max(many, 1)) ** 0.5
        low, high = max(0.0, forecast - spread), min(1.0, forecast + spread)
        yield f'<path d="M{_x(forecast)} {_y(low)}V{_y(high)}" stroke="{colour}" stroke-width="7" opacity=".2"/>'
        told = f"forecast {forecast:.0%}, came {came:.0%} of {many}"
        yield f'<circle cx="{_x(forecast)}" cy="{_y(came)}" r="4.5" fill="{colour}"><title>{told}</title></circle>'


def week(title: str, under: str, shares: Sequence[float]) -> str:
    """Return 168 shares, Monday 00:00 first, as a map of seven rows: the darker, the more; the most has a frame."""
    most, cell, top = max(max(shares), 1e-9), 20, _TOP + 18
    parts = [f'<text x="{_LEFT}" y="28" font-size="15">{escape(title)}</text>']
    parts.append(f'<text x="{_LEFT}" y="48" fill="{_DIM}">{escape(under)}</text>')
    for slot, share in enumerate(shares):
        day, hour = divmod(slot, 24)
        told, opacity = f"{DAYS[day]} {hour:02}:00, {share:.2%}", 0.04 + 0.96 * (share / most) ** 1.5
        frame = f' stroke="{_RED}" stroke-width="2"' if share == max(shares) > 0 else ""
        parts.append(
            f'<rect x="{_LEFT + cell * hour}" y="{top + cell * day}" width="{cell - 1}" height="{cell - 1}" '
            f'fill="{_BLUE}" fill-opacity="{opacity:.3f}"{frame}><title>{told}</title></rect>'
        )
    for day, name in enumerate(DAYS):
        parts.append(f'<text x="{_LEFT - 8}" y="{top + cell * day + 15}" text-anchor="end">{name}</text>')
    for hour in range(0, 25, 6):
        place = f'x="{_LEFT + cell * hour}" y="{top + 7 * cell + 16}" text-anchor="middle"'
        parts.append(f"<text {place}>{hour:02}:00</text>")
    return _svg(parts, _LEFT + 24 * cell + 40, top + 7 * cell + 30)


def curve(title: str, across: str, points: Sequence[tuple[str, float, Interval, int]], verdict: str) -> str:
    """Return shares with their 95 % intervals and how many each rests on, in the order given, under their names; and in
    words what they say."""
    parts = [*_frame(title, across, "share answered", ticks=False)]
    places = [(place + 0.5) / max(len(points), 1) for place in range(len(points))]
    line = " ".join(f"{_x(place)},{_y(share)}" for place, (_, share, _, _) in zip(places, points, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_RED}" stroke-width="1.5" stroke-dasharray="2 4"/>')
    for place, (name, share, (low, high), many) in zip(places, points, strict=True):
        parts.append(f'<path d="M{_x(place)} {_y(low)}V{_y(high)}" stroke="{_RED}" stroke-width="7" opacity=".25"/>')
        parts.append(f'<circle cx="{_x(place)}" cy="{_y(share)}" r="4.5" fill="{_RED}"/>')
        parts.append(f'<text x="{_x(place) - 9}" y="{_y(share) - 9}" text-anchor="end">{share:.0%}</text>')
        parts.append(
            f'<text x="{_x(place)}" y="{_y(0) + 18}" text-anchor="middle">{escape(name)}: {many:,} sent</text>'
        )
    parts.append(_note(f"bars: 95% intervals. {verdict}"))
    return _svg(parts, 480, 500)


def _note(text: str) -> str:
    return f'<text x="{_LEFT}" y="{_y(0) + 64}" font-size="11.5" fill="{_DIM}">{escape(text)}</text>'


def _frame(title: str, across: str, up: str, *, ticks: bool = True) -> list[str]:
    parts = [f'<text x="{_LEFT}" y="28" font-size="15">{escape(title)}</text>']
    parts.append(f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" fill="none" stroke="{_INK}"/>')
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{_x(0) - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick:.0%}</text>')
        if ticks:
            parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 18}" text-anchor="middle">{tick:.0%}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_y(0) + 40}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_TOP - 6}" fill="{_INK}">{escape(up)}</text>')
    return parts


def _svg(parts: Sequence[str], width: int, height: int) -> str:
    size = f'viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *parts, "</svg>", ""])


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)
