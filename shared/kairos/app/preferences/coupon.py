"""The page behind a message's coupon: the code, and as a QR code what a till can scan.

The link says by itself which code until when, signed as counted links are, so nothing is looked up but whether the
customer's coupon was redeemed already. Where the item cannot be read, or is gone, the page shows the code all the same:
what it is worth is for the shop to say, whose server tells of it (`coupon_redeemed`). Opening it counts as a click.

    version 4 | seconds sent | seconds of the end | key id | profile | message | code | first 16 bytes of HMAC-SHA256
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from kairos.app.http import HttpAnswer
from kairos.app.ports import Clock, Inbox, InboxMessage
from kairos.app.preferences.clicks import clicked
from kairos.app.preferences.page import STYLE as PAGE_STYLE
from kairos.app.preferences.page import Frame, page, preferred_language
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.tracked import Tracked
from kairos.app.preferences.unsubscribe import TAG_BYTES, TOKEN_CHARACTERS_MAX, Keyring, pack, take_field
from kairos.domain.errors import Unavailable
from kairos.domain.localtime import load_zone
from kairos.domain.machines import followed_by_machine
from kairos.domain.offer import COUPON
from kairos.domain.profile import Profile

VERSION = 4
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

STYLE = PAGE_STYLE + (
    "main{text-align:center}"
    "figure{margin:1.5rem auto;padding:1rem;background:#fff;border-radius:.5rem;width:fit-content}"
    "figure svg{display:block;width:15rem;height:15rem;margin:0 auto}"
    "code{font:600 1.5rem/2 ui-monospace,monospace;letter-spacing:.1em;overflow-wrap:anywhere;color:#1a1a1a}"
)
FRAME = Frame(STYLE, posts=False)
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "open": "Your coupon",
        "used": "This coupon was used",
        "over": "This coupon has ended",
        "show": "Show this code at the till, or type it in when you order.",
        "until": "Good until {day}.",
        "picture": "QR code of {code}",
    },
    "ko": {
        "open": "쿠폰이 도착했어요",
        "used": "이미 사용하신 쿠폰입니다",
        "over": "기간이 끝난 쿠폰입니다",
        "show": "계산할 때 이 코드를 보여 주시거나, 주문하실 때 입력해 주세요.",
        "until": "{day}까지 쓰실 수 있습니다.",
        "picture": "{code} QR 코드",
    },
}


@dataclass(frozen=True, slots=True)
class CouponLink:
    """What a link says: this code, good until `ends_at`, came to `profile` in `message` at `sent_at` (UTC)."""

    code: str
    ends_at: datetime
    profile: str
    message: str
    sent_at: datetime


class CouponLinks:
    """Writes and reads tokens. `keys` is asked each time, so that a rotation reaches a warm container."""

    def __init__(self, keys: Callable[[], Keyring], public_url: str = "") -> None:
        self._keys = keys
        self._public_url = public_url.rstrip("/")

    def url(self, link: CouponLink) -> str:
        """Return the address of the page."""
        return f"{self._public_url}/m/{self.token(link)}"

    def token(self, link: CouponLink) -> str:
        """Return the URL-safe token, about 110 characters."""
        keyring = self._keys()
        instants = b"".join(int(at.timestamp()).to_bytes(5, "big") for at in (link.sent_at, link.ends_at))
        fields = b"".join(pack(field) for field in (keyring.current, link.profile, link.message, link.code))
        signed = bytes([VERSION]) + instants + fields
        return urlsafe_b64encode(signed + _tag(keyring, keyring.current, signed)).decode().rstrip("=")

    def read(self, token: str) -> CouponLink | None:
        """Return what the token says, or None for whatever no key in force has signed."""
        if len(token) > TOKEN_CHARACTERS_MAX or not _TOKEN.fullmatch(token):
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            signed, at = raw[:-TAG_BYTES], 11
            fields = []
            for _ in range(4):
                field, at = take_field(signed, at)
                fields.append(field)
        except (ValueError, IndexError):
            return None
        key_id, profile, message, code = fields
        keyring = self._keys()
        if signed[0] != VERSION or at != len(signed) or key_id not in keyring.keys:
            return None
        if not hmac.compare_digest(_tag(keyring, key_id, signed), raw[-TAG_BYTES:]):
            return None
        return CouponLink(code, _instant(signed[6:11]), profile, message, _instant(signed[1:6]))


class CouponPages:
    """The use case. An answer's facts hold the pseudonym and the outcome: open, used, over, unknown or failed."""

    def __init__(
        self,
        links: CouponLinks,
        profiles: LiveProfiles,
        inbox: Inbox,
        brand: Callable[[], Mapping[str, object]],
        clock: Clock,
    ) -> None:
        self._links = links
        self._profiles = profiles
        self._inbox = inbox
        self._brand = brand
        self._clock = clock

    def show(self, token: str, method: str, headers: Mapping[str, str], correlation: str = "") -> HttpAnswer:
        """Answer a GET; header names are in lower case. Nothing is given or redeemed by looking."""
        now = self._clock.now()
        language = preferred_language(headers.get("accept-language", ""))
        try:
            link = self._links.read(token)
        except Unavailable:
            return self._lost(503, "failed", headers)
        if link is None or method != "GET":
            return self._lost(404, "unknown", headers)
        profile = self._find(link.profile)
        outcome = "over" if link.ends_at <= now else "used" if _is_used(profile, link.code) else "open"
        if profile is not None:
            self._count(link, now, followed_by_machine(method, headers, now - link.sent_at), correlation)
        body = coupon_page(outcome, link, language, self._said("name"), self._said("timezone") or "UTC")
        facts = {"status": 200, "outcome": outcome, "profile": link.profile}
        return HttpAnswer(200, FRAME.headers(language), body, facts)

    def _find(self, id: str) -> Profile | None:
        try:
            return self._profiles.find(id)
        except Unavailable:
            return None

    def _count(self, link: CouponLink, now: datetime, machine: bool, correlation: str) -> None:
        event = clicked(Tracked(COUPON, link.profile, link.message, link.sent_at), now, machine, correlation)
        try:
            self._inbox.put([InboxMessage(link.profile, (event,), correlation=correlation)])
        except Unavailable:
            return  # whoever stands at the till sees their coupon, uncounted

    def _lost(self, status: int, outcome: str, headers: Mapping[str, str]) -> HttpAnswer:
        written, body = page(outcome, headers.get("accept-language", ""), self._said("name"), "")
        more = {"Retry-After": "5"} if status == 503 else {}
        return HttpAnswer(status, {**written, **more}, body, {"status": status, "outcome": outcome, "profile": ""})

    def _said(self, key: str) -> str:
        try:
            return str(self._brand().get(key) or "")
        except Exception:  # noqa: BLE001 - a page does without a name
            return ""


def coupon_page(outcome: str, link: CouponLink, language: str, brand: str, zone: str) -> str:
    """Return the HTML: the code and its picture while it may be used, else why not."""
    words = WORDS[language]
    heading = words[outcome]
    shown = ""
    if outcome == "open":
        last = link.ends_at.astimezone(load_zone(zone)).strftime("%Y-%m-%d %H:%M")
        name = escape(words["picture"].format(code=link.code), quote=True)
        shown = (
            f'<figure><div role="img" aria-label="{name}">{picture_of(link.code)}</div>'
            f"<figcaption><code>{escape(link.code)}</code></figcaption></figure>"
            f"<p>{escape(words['show'])}</p><p>{escape(words['until'].format(day=last))}</p>"
        )
    title = f"{heading} - {brand}" if brand else heading
    return FRAME.body(language, title, heading, f"{shown}<p>{escape(brand)}</p>")


def picture_of(code: str) -> str:
    """Return the QR code (ISO/IEC 18004, error correction M) of a text as an SVG element, always dark on light."""
    import segno

    qr = segno.make(code, error="m", micro=False)
    svg: str = qr.svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return svg


def _is_used(profile: Profile | None, code: str) -> bool:
    entry = profile.entries.get((COUPON, code)) if profile is not None else None
    return entry is not None and entry.cancelled


def _instant(raw: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(raw, "big"), UTC)


def _tag(keyring: Keyring, key_id: str, signed: bytes) -> bytes:
    return hmac.digest(keyring.derive("link", key_id), signed, hashlib.sha256)[:TAG_BYTES]
