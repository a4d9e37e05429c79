"""Korean particles, which change with the sound before them: 봄이는, 여름은, 서울로, 부산으로, 10,000원이에요.

The sound is what is read aloud: a syllable's final consonant, a numeral in Sino-Korean, a letter by its name, a word in
Latin letters roughly as Korean writes it (외래어 표기법: a short vowel before p, t or k keeps the stop as a final).
What stands in brackets at the end is passed over, as readers do. Where nobody can say how a sign is read, both forms
are written, as in 은(는).
"""

from __future__ import annotations

import re

FINAL, RIEUL, OPEN = "final", "rieul", "open"

PARTICLES = (
    ("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"), ("이에요", "예요"), ("이라", "라"),
    ("이나", "나"), ("이랑", "랑"), ("아", "야"), ("이여", "여"), ("이었", "였"), ("이든", "든"), ("이며", "며"),
)  # fmt: skip
"""After a final consonant, and without one."""

_AFTER = {form: pair for pair in PARTICLES for form in ("/".join(pair), "/".join(reversed(pair)), *pair)}
_TAIL = re.compile(r"(?:\s*[(\[（「『《<][^()\[\]（）「」『』《》<>]*[)\]）」』》>]|[\s\"'”’」』》)\]>.,!?…~·:;]+)+$")
_DIGITS = {"0": FINAL, "1": RIEUL, "2": OPEN, "3": FINAL, "4": OPEN, "5": OPEN, "6": FINAL, "7": RIEUL, "8": RIEUL}
_LETTERS = {"L": RIEUL, "R": RIEUL, "M": FINAL, "N": FINAL}
_SIGNS = {"%": OPEN, "℃": OPEN, "+": OPEN, "₩": FINAL, "$": OPEN, "&": OPEN, "@": FINAL, "#": OPEN}
_SPOKEN = re.compile(r"(?:[^aeiou]|^)[aeiou](?:[ptk]|c|ck|tt|pp)$|ook$")
_TRILLION = 12
"""조, the one great unit that ends in a vowel: its zeros, up to the next."""


def with_particle(text: str, pair: str) -> str:
    """Return the text with the particle that fits: `pair` is "은/는", "을/를" …, in either order.

    Raises ValueError for a pair that is none.
    """
    if pair not in _AFTER:
        raise ValueError(f"no particle is written {pair}; there are: {', '.join('/'.join(two) for two in PARTICLES)}")
    after_final, otherwise = _AFTER[pair]
    sound = sound_of(text)
    if sound is None:
        return f"{text}{_both(after_final, otherwise)}"
    closed = sound == FINAL or (sound == RIEUL and otherwise != "로")
    return f"{text}{after_final if closed else otherwise}"


def sound_of(text: str) -> str | None:
    """Return how the text ends when read aloud: FINAL, RIEUL (a final ㄹ), OPEN, or None where nobody can say."""
    spoken = _TAIL.sub("", text) or text.strip()
    last = spoken[-1:]
    if "가" <= last <= "힣":
        return (OPEN, RIEUL)[final == 8] if (final := (ord(last) - ord("가")) % 28) in (0, 8) else FINAL
    if last.isascii() and last.isdigit():
        return _numeral(spoken)
    if last.isascii() and last.isalpha():
        return _latin(re.split(r"[^A-Za-z]", spoken)[-1])
    return _SIGNS.get(last)


def _numeral(spoken: str) -> str:
    """Return how a numeral ends: in its last digit, or in the unit that its zeros stand for."""
    digits = re.split(r"[^0-9,]", spoken)[-1].replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    if zeros < len(digits) and zeros:
        return OPEN if _TRILLION <= zeros < _TRILLION + 4 else FINAL
    return _DIGITS.get(digits[-1], OPEN)


def _latin(word: str) -> str:
    """Return how a word in Latin letters ends; capitals alone are read letter by letter."""
    if len(word) == 1 or (word.isupper() and (len(word) <= 3 or not re.search("[AEIOU]", word))):
        return _LETTERS.get(word[-1].upper(), OPEN)
    word = word.lower()
    if re.search(r"(?:l|le)$", word):
        return RIEUL
    return FINAL if re.search(r"(?:[mn]|ng|[aeiouy](?:nn?|mm?)e)$", word) or _SPOKEN.search(word) else OPEN


def _both(after_final: str, otherwise: str) -> str:
    if after_final.endswith(otherwise):
        return f"({after_final.removesuffix(otherwise)}){otherwise}"
    return f"{after_final}({otherwise})"
