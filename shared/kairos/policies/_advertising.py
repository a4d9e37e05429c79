"""Words by which an advertisement gives itself away: prices cut, coupons, gifts.

Korea's guide counts a message of mixed content as advertising (정보통신망법 §50①, KISA guide on illegal spam), and 16
CFR 316.3 asks for the primary purpose: a receipt that also sells is an advertisement. A word list cannot read, so an
author who knows better says so in the template: `advertising: false`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

WORDS = (
    *("할인", "세일", "쿠폰", "특가", "사은품", "프로모션", "증정", "1+1", "반값", "최저가"),
    *("discount", "coupon", "promo code", "promotion", "special offer", "on sale", "flash sale", "free gift"),
    *("clearance", "% off", "half price", "best price"),
)
_LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"<style\b.*?</style\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_PATTERN = re.compile(
    "|".join(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in WORDS),
    re.IGNORECASE,
)


def advertising_words(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the first such word of each part as its reader sees it, blanks and markup aside: (part, word)."""
    found = []
    for part, text in texts.items():
        if match := _PATTERN.search(" ".join(_TAG.sub(" ", _LIQUID.sub(" ", text)).split())):
            found.append((part, match.group()))
    return found
