"""Which page answers a request: /u/ the one click, /p/ the preference centre, /r/ a counted link, /m/ a coupon.

Each is built when it is first asked for, so that a one-click loads nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kairos.app.http import HttpAnswer, HttpRequest

if TYPE_CHECKING:
    from kairos.app.preferences.centre import PreferenceCentre
    from kairos.app.preferences.clicks import Clicks
    from kairos.app.preferences.coupon import CouponPages
    from kairos.app.preferences.preferences import Preferences


class Front:
    """Hands each request to what its path names; API Gateway lets no other path through."""

    def __init__(
        self,
        one_click: Callable[[], Preferences],
        centre: Callable[[], PreferenceCentre],
        clicks: Callable[[], Clicks],
        coupons: Callable[[], CouponPages],
    ) -> None:
        self._coupons = coupons
        self._one_click = one_click
        self._centre = centre
        self._clicks = clicks

    def answer(self, request: HttpRequest, correlation: str = "") -> HttpAnswer:
        """Answer a GET or HEAD, which change nothing, or a POST."""
        where, _, token = request.path.lstrip("/").partition("/")
        language = request.headers.get("accept-language", "")
        posted = request.method == "POST"
        if where == "r":
            return self._clicks().follow(token, request.method, request.headers, correlation)
        if where == "m":
            return self._coupons().show(token, request.method, request.headers, correlation)
        if where == "p":
            centre = self._centre()
            if posted:
                return centre.change(token, request.body, language, correlation)
            return centre.show(token, language)
        one_click = self._one_click()
        return one_click.stop(token, language, correlation) if posted else one_click.show(token, language)
