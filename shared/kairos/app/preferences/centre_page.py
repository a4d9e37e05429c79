"""The page of the preference centre, in Korean and English: a form of boxes and buttons, no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from kairos.app.preferences.page import STYLE as PAGE_STYLE
from kairos.app.preferences.page import Frame, preferred_language
from kairos.domain.localtime import load_zone

STYLE = PAGE_STYLE + (
    "main{padding:6vh 1.5rem}fieldset{border:1px solid #767676;border-radius:.5rem;margin:1.5rem 0;padding:.5rem 1rem}"
    "legend{font-weight:600;padding:0 .5rem}label{display:block;padding:.5rem 0;min-height:1.75rem}"
    "input{width:1.25rem;height:1.25rem;margin-right:.75rem;vertical-align:middle}"
    "input:focus-visible{outline:3px solid #0b66ff;outline-offset:3px}"
    "button{margin:.25rem .5rem .25rem 0}button.other{background:none;color:inherit;border:1px solid #767676}"
    "[role=status]{border-left:4px solid #0a7a3d;padding:.25rem 1rem;font-weight:600}"
    "hr{border:0;border-top:1px solid #767676;margin:2rem 0 1rem}"
)
FRAME = Frame(STYLE)

NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "email": "E-mail",
        "sms": "Text messages",
        "push": "Push messages of the app",
        "kakao": "KakaoTalk",
        "web": "Messages on our website",
    },
    "ko": {
        "email": "이메일",
        "sms": "문자 메시지",
        "push": "앱 푸시 알림",
        "kakao": "카카오톡",
        "web": "홈페이지 안의 메시지",
    },
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "heading": "What you want to hear{from_brand}",
        "legend": "Advertising you agree to get",
        "preferred": "Which way do you like best?",
        "no_preference": "No preference",
        "save": "Save",
        "stop": "Stop all advertising",
        "pause": "Not for 30 days",
        "resume": "Go on again",
        "paused": "You get no advertising until {day}.",
        "about": "This is about advertising only: what concerns your own orders and bookings still reaches you.",
        "saved": "Your choice is saved.",
        "stopped": "You will get no more advertising.",
        "paused_now": "You will get no advertising for 30 days.",
        "resumed": "Your choice below counts again.",
        "asked": "We sent a message to confirm it by: {channels}. It counts once you have followed its link.",
        "not_here": "This link cannot say it for: {channels}. Please tell us where you gave us that address.",
        "locked": "(not by this link)",
    },
    "ko": {
        "heading": "{from_brand}수신 설정",
        "legend": "받는 데 동의하는 광고성 정보",
        "preferred": "가장 편하신 방법",
        "no_preference": "상관없음",
        "save": "저장하기",
        "stop": "광고성 정보 모두 거부하기",
        "pause": "30일 동안 받지 않기",
        "resume": "다시 받기",
        "paused": "{day}까지 광고성 정보를 보내지 않습니다.",
        "about": "광고성 정보에만 해당합니다. 주문과 예약에 관한 안내는 계속 보내 드립니다.",
        "saved": "저장되었습니다.",
        "stopped": "광고성 정보를 더 이상 보내지 않습니다.",
        "paused_now": "30일 동안 광고성 정보를 보내지 않습니다.",
        "resumed": "아래에서 고르신 대로 다시 보내 드립니다.",
        "asked": "{channels}: 확인 메시지를 보내 드렸습니다. 그 안의 링크에서 동의해 주시면 그때부터 보내 드립니다.",
        "not_here": "{channels}: 이 링크로는 신청하실 수 없습니다. 연락처를 알려 주신 곳에서 신청해 주세요.",
        "locked": "(이 링크로는 신청할 수 없음)",
    },
}
STATUS: Mapping[str, str] = {
    "saved": "saved",
    "stopped": "stopped",
    "paused": "paused_now",
    "resumed": "resumed",
}
"""What is said at the top after a POST."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page shows: a box for each channel of `shown`, ticked where the person agrees. A pause is over at
    `paused_until` (UTC).

    Boxes in `locked` cannot be ticked. `unheard` were ticked just now without a proof of their address, which is asked
    for there where the brand `asks`.
    """

    shown: tuple[str, ...]
    ticked: frozenset[str]
    preferred: str = ""
    paused_until: datetime | None = None
    locked: frozenset[str] = frozenset()
    asks: bool = False
    unheard: tuple[str, ...] = ()


def centre_page(outcome: str, choice: Choice, accept_language: str, brand: str) -> tuple[Mapping[str, str], str]:
    """Return the headers and the HTML of the page; `outcome` is what was just done: shown, saved, stopped …"""
    language = preferred_language(accept_language)
    words = WORDS[language]
    from_brand = {"en": f" from {brand}", "ko": f"{brand} "}[language] if brand else ""
    heading = words["heading"].format(from_brand=from_brand)
    status = f'<p role="status">{escape(words[STATUS[outcome]])}</p>' if outcome in STATUS else ""
    content = (
        f"{status}{_unheard(choice, language)}{_pause(choice, language)}"
        f'<form method="post">{_hidden(choice)}{_boxes(choice, language)}{_preference(choice, language)}'
        f"{_button('save', words)}<hr>{_button('pause' if choice.paused_until is None else 'resume', words)}"
        f"{_button('stop', words)}</form><p>{escape(words['about'])}</p>"
    )
    return FRAME.headers(language), FRAME.body(language, heading, heading, content)


def _hidden(choice: Choice) -> str:
    """Return what the page showed, so that only what is changed on it counts."""
    fields = [("was", channel) for channel in choice.shown if channel in choice.ticked]
    fields.append(("was_preferred", choice.preferred))
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields)


def _boxes(choice: Choice, language: str) -> str:
    words, names = WORDS[language], NAMES[language]
    boxes = "".join(_box(channel, names[channel], choice, words) for channel in choice.shown if channel in names)
    return f"<fieldset><legend>{escape(words['legend'])}</legend>{boxes}</fieldset>"


def _box(channel: str, name: str, choice: Choice, words: Mapping[str, str]) -> str:
    locked = channel in choice.locked
    state = " checked" if channel in choice.ticked else " disabled" if locked else ""
    label = f"{name} {words['locked']}" if locked else name
    return f'<label><input type="checkbox" name="on" value="{channel}"{state}>{escape(label)}</label>'


def _unheard(choice: Choice, language: str) -> str:
    """Return what became of boxes that the link does not prove."""
    names = ", ".join(NAMES[language][channel] for channel in choice.unheard)
    text = WORDS[language]["asked" if choice.asks else "not_here"].format(channels=names)
    return f'<p role="status">{escape(text)}</p>' if names else ""


def _preference(choice: Choice, language: str) -> str:
    """Return the choice of a preferred channel, where there is one to choose; a page comes by itself."""
    sent = [channel for channel in choice.shown if channel != "web" and channel in NAMES[language]]
    if len(sent) < 2:
        return f'<input type="hidden" name="preferred" value="{escape(choice.preferred)}">'
    options = [("", WORDS[language]["no_preference"]), *((each, NAMES[language][each]) for each in sent)]
    chosen = choice.preferred if choice.preferred in sent else ""
    radios = (
        f'<label><input type="radio" name="preferred" value="{value}"{" checked" if value == chosen else ""}>'
        f"{escape(name)}</label>"
        for value, name in options
    )
    return f"<fieldset><legend>{escape(WORDS[language]['preferred'])}</legend>{''.join(radios)}</fieldset>"


def _pause(choice: Choice, language: str) -> str:
    if choice.paused_until is None:
        return ""
    day = choice.paused_until.astimezone(load_zone("Asia/Seoul" if language == "ko" else "UTC")).date().isoformat()
    return f"<p>{escape(WORDS[language]['paused'].format(day=day))}</p>"


def _button(act: str, words: Mapping[str, str]) -> str:
    look = "" if act == "save" else ' class="other"'
    return f'<button type="submit" name="act" value="{act}"{look}>{escape(words[act])}</button>'
