"""The outbox as a page: readable, self-refreshing, without anything from elsewhere. English and Korean.

Refreshing replaces the list only, so that a reader's place, and a screen reader's, is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from kairos.local.outbox import Entry

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Kairos: outbox",
        "clock": "Virtual time",
        "advance": "Move the clock on",
        "none": "Nothing has been sent yet. POST a webhook, then move the clock on.",
        "when": "When",
        "what": "Outcome",
        "channel": "Channel",
        "who": "To",
        "message": "Message",
        "why": "Why",
        "sent": "sent",
        "held": "held",
        "not_sent": "not sent",
        "10m": "10 minutes",
        "1h": "1 hour",
        "1d": "1 day",
        "7d": "7 days",
        "other": "한국어",
        "count": "messages",
    },
    "ko": {
        "title": "Kairos: 보낸 메시지",
        "clock": "가상 시각",
        "advance": "시계를 앞으로",
        "none": "아직 보낸 메시지가 없습니다. 웹훅을 보낸 뒤 시계를 앞으로 돌려 보세요.",
        "when": "시각",
        "what": "결과",
        "channel": "채널",
        "who": "받는 사람",
        "message": "내용",
        "why": "이유",
        "sent": "보냄",
        "held": "보류",
        "not_sent": "보내지 않음",
        "10m": "10분",
        "1h": "1시간",
        "1d": "1일",
        "7d": "7일",
        "other": "English",
        "count": "건",
    },
}
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--dim:#767676}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.25rem;margin:0}header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap}
form{display:inline}button{font:inherit;padding:.3rem .7rem;margin:.15rem;cursor:pointer}
table{border-collapse:collapse;width:100%;margin-top:1rem}th,td{text-align:start;vertical-align:top;padding:.5rem;
border-bottom:1px solid var(--line)}td{overflow-wrap:anywhere}.dim{color:var(--dim);font-size:.875rem}
.not_sent,.held{font-style:italic}pre{white-space:pre-wrap;font:inherit;margin:.25rem 0;max-height:16rem;overflow:auto}
"""
_SCRIPT = """
setInterval(async()=>{try{const page=await(await fetch(location.href)).text();
const fresh=new DOMParser().parseFromString(page,'text/html');
for(const id of ['now','list']){const was=document.getElementById(id),is=fresh.getElementById(id);
if(was.innerHTML!==is.innerHTML&&!was.querySelector('details[open]'))was.innerHTML=is.innerHTML}}catch(e){}},2000);
"""


def render(entries: Sequence[Entry], now: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """Return the page's HTML; `zone` is the brand's, `language` "en" or "ko"."""
    words = _WORDS.get(language, _WORDS["en"])
    other = "ko" if language != "ko" else "en"
    buttons = "".join(
        f'<button name="by" value="{by}" formaction="/_local/clock?lang={language}">+ {words[by]}</button>'
        for by in ("10m", "1h", "1d", "7d")
    )
    rows = "".join(_row(entry, zone, words) for entry in entries)
    heads = "".join(
        f'<th scope="col">{words[name]}</th>' for name in ("when", "what", "channel", "who", "message", "why")
    )
    table = (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else f"<p>{words['none']}</p>"
    )
    return (
        f'<!doctype html><html lang="{language if language in _WORDS else "en"}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{words["title"]}</title><style>{_STYLE}</style>'
        f'<header><h1>{words["title"]}</h1><span>{words["clock"]}: <time id="now">{_time(now, zone)}</time></span>'
        f'<a href="?lang={other}" lang="{other}">{words["other"]}</a></header>'
        f'<main><form method="post" aria-label="{words["advance"]}">{buttons}</form>'
        f'<div id="list" aria-live="polite"><p class="dim">{len(entries)} {words["count"]}</p>{table}</div></main>'
        f"<script>{_SCRIPT}</script></html>"
    )


def _row(entry: Entry, zone: ZoneInfo, words: Mapping[str, str]) -> str:
    who = f'{escape(entry.to)}<div class="dim">{escape(entry.profile)}</div>'
    body = f"<details><summary>…</summary><pre>{escape(entry.text)}</pre></details>" if entry.text else ""
    subject = escape(entry.subject) or escape(entry.text[:80])
    why = " · ".join(escape(part) for part in (entry.journey, entry.step, entry.reason, entry.state) if part)
    cells = (
        f"<time>{_time(entry.at, zone)}</time>",
        words.get(entry.outcome, escape(entry.outcome)),
        escape(entry.channel),
        who,
        subject + body,
        why,
    )
    return f'<tr class="{escape(entry.outcome)}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _time(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
