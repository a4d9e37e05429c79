"""The pages of an opt-out link, in Korean and English: one button, no script, nothing loaded from anywhere."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

STYLE = (
    ":root{color-scheme:light dark}:lang(ko){word-break:keep-all}"
    "body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;background:#fff;color:#1a1a1a}"
    "main{max-width:32rem;margin:0 auto;padding:12vh 1.5rem}h1{font-size:1.5rem;line-height:1.3}"
    "button{font:inherit;font-weight:600;padding:.75rem 1.5rem;border:0;border-radius:.5rem}"
    "button{background:#1a1a1a;color:#fff}"
    "a{color:inherit}a:focus-visible{outline:3px solid #0b66ff;outline-offset:3px}"
    "button:focus-visible{outline:3px solid #0b66ff;outline-offset:3px}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}button{background:#eee;color:#111}}"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages behind links share: a document of one column in its own `style`, and headers that let it load
    nothing. Where `posts` is false, it may not even send a form."""

    style: str
    posts: bool = True

    def headers(self, language: str) -> Mapping[str, str]:
        """Return the headers. The address of a page is a secret of its reader: it is kept by no cache, sent to no other
        site and listed nowhere."""
        hashed = b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        forms = "form-action 'self'; " if self.posts else ""
        policy = f"default-src 'none'; style-src 'sha256-{hashed}'; {forms}base-uri 'none'; frame-ancestors 'none'"
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy,
            "Content-Language": language,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Strict-Transport-Security": "max-age=31536000",
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        }

    def body(self, language: str, title: str, heading: str, content: str) -> str:
        """Return the document; `content` is HTML below the heading, the others are text."""
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{self.style}</style></head>"
            f"<body><main><h1>{escape(heading)}</h1>{content}</main></body></html>"
        )


FRAME = Frame(STYLE)

CHANNELS = {
    "en": {"email": "e-mails", "sms": "text messages", "push": "push messages", "kakao": "KakaoTalk messages"},
    "ko": {"email": "이메일", "sms": "문자 메시지", "push": "푸시 알림", "kakao": "카카오톡 메시지"},
}
OTHER_CHANNEL = {"en": "messages", "ko": "메시지"}

# page → (heading, text, button)
WORDS = {
    "en": {
        "ask": ("Unsubscribe", "You will get no more advertising by {channel}{from_brand}.", "Unsubscribe"),
        "done": (
            "You are unsubscribed",
            "You will get no more advertising by {channel}{from_brand}. You can close this page.",
            "",
        ),
        "confirm": ("Confirm", "You agree to get advertising by {channel}{from_brand}.", "Yes, I agree"),
        "confirmed": (
            "Thank you, it is confirmed",
            "You get advertising by {channel}{from_brand} until you say otherwise. You can close this page.",
            "",
        ),
        "unknown": ("This link does not work", "Please open the link in the message again.", ""),
        "failed": ("That did not work just now", "Please try again in a minute.", ""),
    },
    "ko": {
        "ask": ("수신거부", "{from_brand}광고성 {channel}을(를) 더 이상 받지 않습니다.", "수신거부하기"),
        "done": (
            "수신거부가 완료되었습니다",
            "{from_brand}광고성 {channel}을(를) 더 이상 보내지 않습니다. 이 창을 닫으셔도 됩니다.",
            "",
        ),
        "confirm": ("수신 동의 확인", "{from_brand}광고성 {channel}을(를) 받는 데 동의합니다.", "동의합니다"),
        "confirmed": (
            "수신 동의가 확인되었습니다",
            "{from_brand}광고성 {channel}을(를) 보내 드립니다. 언제든지 거부하실 수 있습니다. 이 창을 닫으셔도 됩니다.",
            "",
        ),
        "unknown": ("사용할 수 없는 링크입니다", "받으신 메시지의 링크를 다시 열어 주세요.", ""),
        "failed": ("지금은 처리하지 못했습니다", "잠시 후 다시 시도해 주세요.", ""),
    },
}


MORE = {"en": "All choices, by every channel", "ko": "채널마다 따로 정하기"}


def page(shows: str, accept_language: str, brand: str, channel: str, more: str = "") -> tuple[Mapping[str, str], str]:
    """Return the headers and the HTML of a page: ask, done, confirm, confirmed, unknown or failed.

    `more` is where the preference centre is, as seen from this page.
    """
    language = preferred_language(accept_language)
    heading, text, button = WORDS[language][shows]
    from_brand = {"en": f" from {brand}", "ko": f"{brand}의 "}[language] if brand else ""
    text = text.format(channel=CHANNELS[language].get(channel, OTHER_CHANNEL[language]), from_brand=from_brand)
    title = f"{heading} - {brand}" if brand else heading
    # The form has no action: it posts to the address of the page itself, which is the token.
    form = f'<form method="post"><button type="submit">{escape(button)}</button></form>' if button else ""
    link = f'<p><a href="{escape(more)}">{escape(MORE[language])}</a></p>' if more else ""
    content = f"<p>{escape(text)}</p>{form}{link}"
    return FRAME.headers(language), FRAME.body(language, title, heading, content)


def preferred_language(accept_language: str) -> str:
    """Return "ko" or "en", whichever the header (RFC 9110, 12.5.4) prefers; "en" where it names neither."""
    best, language = 0.0, "en"
    for item in accept_language[:500].split(","):
        found = re.fullmatch(r"\s*(ko|en)(?:-[A-Za-z0-9]+)*\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", item, re.IGNORECASE)
        if found and (weight := float(found[2] or 1)) > best:
            best, language = weight, found[1].lower()
    return language
