"""The ready-made templates as their readers get them, for tests with and without a browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.template import PARTIAL, channels_of, texts_of
from kairos.app.render.choose import partials_in
from kairos.app.render.local_time import Wall
from kairos.app.render.mjml import with_html
from kairos.app.render.render import render
from kairos.registry import Rendered

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "ready-made"
NOW = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)
ZONES = {"ko": ZoneInfo("Asia/Seoul"), "en": ZoneInfo("America/New_York")}
NAMES = {"ko": "봄날 상점", "en": "Spring Shop"}
BRAND = {"name": "Spring Shop", "timezone": "Asia/Seoul", "country": "KR", "offers": {"today": {}}}

BARE: Mapping[str, Any] = {
    "entry": {"starts_at": NOW + timedelta(days=1, hours=4)},
    "event": {"items": [{"product_id": "7"}]},
    "coupon": {"code": "SPRING-2026-7Q4M", "ends_at": NOW + timedelta(days=6)},
}
"""What a message has whoever it goes to: anything else must have a default or be asked for."""

WORDS = {
    "ko": {
        "first_name": "봄이",
        "location": "서울시 성동구 왕십리로 1, 봄날 상점 작업실 2층",
        "service": "꽃 정기구독",
        "titles": ("빨간 장미 한 단", "튤립 열 송이와 유칼립투스를 섞은 봄 꽃다발(대)", "하얀 화분"),
    },
    "en": {
        "first_name": "Ann",
        "location": "1 Harbour Street, second floor, ring at the green door",
        "service": "your flower subscription",
        "titles": ("A bunch of red roses", "Ten tulips and eucalyptus, the large bouquet for spring", "A white pot"),
    },
}
STARTS = {"ko": NOW + timedelta(days=1, hours=4), "en": NOW + timedelta(days=1, hours=14)}
"""Two in the afternoon in Seoul, eleven in the morning in New York."""
PRICES = {"ko": (18_000, 32_000, 9_500), "en": (18, 32.5, 9.5)}


@dataclass(frozen=True)
class Mail:
    """One message: the template's id, the language, the variant ("": none) and what is rendered."""

    template: str
    language: str
    variant: str
    channel: str
    rendered: Rendered

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.template, self.variant, self.language, self.channel) if part)


def documents() -> Documents:
    """Return the templates with a brand around them."""
    brand = Definition("brand", "brand", BRAND, "brand.yaml")
    return Documents((brand, *load_brand(FOLDER).definitions))


def full(language: str, name: str | None = None) -> dict[str, Any]:
    """Return everything that a shop may know, for somebody of this name."""
    words, prices = WORDS[language], PRICES[language]
    link = "https://example.com/a/very/long/path/that/no/line/can/hold?with=parameters&and=more"
    items: list[dict[str, Any]] = [
        {"title": title, "price": price, "quantity": count, "image": f"https://example.com/{count}.svg"}
        for count, (title, price) in enumerate(zip(words["titles"], prices, strict=True), 1)
    ]
    entry = {
        "starts_at": STARTS[language],
        "location": words["location"],
        "service": words["service"],
        "price": prices[1],
    }
    links = dict.fromkeys(("reschedule_url", "manage_url", "booking_url", "tracking_url"), link)
    event = {
        "items": items,
        "total": sum(item["price"] * item["quantity"] for item in items),
        "checkout_url": link,
        "shop_url": link,
    }
    return {
        "first_name": name or words["first_name"],
        "entry": {**BARE["entry"], **entry, **links},
        "event": event,
        "coupon": BARE["coupon"],
    }


def mails(channel: str, blanks: Mapping[str, Mapping[str, Any]]) -> Iterator[Mail]:
    """Yield every message of a channel in every language and variant; `blanks` is by language."""
    templates = documents().documents("template")
    partials = {id: document for id, document in templates.items() if PARTIAL in document}
    plug_in = registry.load("channels", channel)
    for id, document in sorted(templates.items()):
        if id in partials or channel not in channels_of(document):
            continue
        for path, name, parts in texts_of(document):
            if name == channel:
                language = str(path[-2]) if "languages" in path else str(document["language"])
                variant = document["variants"][path[1]]["id"] if path[0] == "variants" else ""
                brand = {"name": NAMES[language], "sender": {"contact": "02-000-0000"}}
                wall = Wall(ZONES[language], language, NOW, "KRW" if language == "ko" else "USD")
                scope = {**blanks[language], "brand": brand}
                written = {channel: with_html(parts)}
                called = partials_in(partials, language, language)
                yield Mail(
                    id, language, variant, channel, render(id, written, channel, scope, wall, plug_in.parts, called)
                )
