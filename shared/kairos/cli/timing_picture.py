"""Calibration as a picture: what was forecast across, what came up; a good forecast lies on the diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_SIDE, _LEFT, _TOP = 400.0, 60.0, 40.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_COLOURS = ("#1b6ca8", "#c1440e", "#4a7c2c")


def draw_calibration(curves: Mapping[str, Sequence[tuple[float, float, int]]]) -> str:
    """Return an SVG of named curves of (mean forecast, share that came, how many).

    A dot's area is how many; the bar about it is where 90 % of such shares fall by chance, were the forecast right.
    """
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 520" font-family="sans-serif" font-size="13">',
        '<rect width="500" height="520" fill="#fff"/>',
        '<text x="60" y="24" font-size="15">Next order: forecast and what happened</text>',
        *(f'<path d="M{_x(0)} {_y(tick)}H{_x(1)}M{_x(tick)} {_y(0)}V{_y(1)}" stroke="#eee"/>' for tick in _TICKS),
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>',
        f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" fill="none" stroke="#333"/>',
    ]
    for tick in _TICKS:
        parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 18}" text-anchor="middle">{tick:.0%}</text>')
        parts.append(f'<text x="{_x(0) - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick:.0%}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_y(0) + 38}" text-anchor="middle">forecast probability of an order</text>')
    turned = f'transform="rotate(-90 14 {_y(0.5)})"'
    parts.append(f'<text x="14" y="{_y(0.5)}" text-anchor="middle" {turned}>share that ordered</text>')
    told = "bars: where 90% of such shares fall by chance, were the forecast right"
    parts.append(f'<text x="{_x(0)}" y="{_y(0) + 62}" font-size="11" fill="#666">{told}</text>')
    for place, (name, points) in enumerate(curves.items()):
        parts.extend(_draw_curve(name, points, _COLOURS[place % len(_COLOURS)], place))
    return "\n".join([*parts, "</svg>", ""])


def _draw_curve(name: str, points: Sequence[tuple[float, float, int]], colour: str, place: int) -> list[str]:
    most = max((count for _, _, count in points), default=1)
    line = " ".join(f"{_x(forecast)},{_y(came)}" for forecast, came, _ in points)
    parts = [f'<polyline points="{line}" fill="none" stroke="{colour}"/>']
    for forecast, came, count in points:
        spread = 1.645 * (forecast * (1.0 - forecast) / max(count, 1)) ** 0.5
        low, high = _y(max(0.0, forecast - spread)), _y(min(1.0, forecast + spread))
        parts.append(f'<path d="M{_x(forecast)} {low}V{high}" stroke="{colour}" stroke-width="5" opacity=".18"/>')
        radius = round(2.0 + 3.0 * (count / most) ** 0.5, 1)
        told = f"forecast {forecast:.1%}, came {came:.1%}, {count} purchases"
        parts.append(
            f'<circle cx="{_x(forecast)}" cy="{_y(came)}" r="{radius}" fill="{colour}"><title>{told}</title></circle>'
        )
    parts.append(f'<text x="{_x(0.03)}" y="{_y(0.97) + 18 * place}" fill="{colour}">{escape(name)}</text>')
    return parts


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1.0 - share), 1)
