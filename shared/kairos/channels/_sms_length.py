"""How long a text message is, as networks count it: in septets, in UTF-16 units, or in bytes of the Korean code page.

GSM 03.38 (3GPP TS 23.038) packs 160 characters of 7 bits into the 140 bytes of one message; one character outside its
alphabet, such as an emoji or a Hangul syllable, makes the whole text UCS-2, with 70. Longer texts lose 6 bytes of each
segment to the header that joins them (153, 67).
"""

from __future__ import annotations

from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
KOREAN_SMS_BYTES_MAX = 90
KOREAN_LMS_BYTES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Length:
    """`units` are septets for "GSM-7", UTF-16 code units for "UCS-2"; `segments` is what a carrier bills."""

    encoding: str
    units: int
    segments: int


def measure(text: str) -> Length:
    """Return the length of a text on the networks' terms. An empty text is one segment."""
    if all(character in GSM_BASIC or character in GSM_EXTENSION for character in text):
        widths = [2 if character in GSM_EXTENSION else 1 for character in text]
        return Length("GSM-7", sum(widths), _segments(widths, 160, 153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Length("UCS-2", sum(widths), _segments(widths, 70, 67))


def korean_bytes(text: str) -> int:
    """Return the bytes in cp949, which Korean carriers count: a Hangul syllable takes two.

    Up to KOREAN_SMS_BYTES_MAX it is an SMS, up to KOREAN_LMS_BYTES_MAX an LMS. Raises UnicodeEncodeError for characters
    that the code page lacks (emoji), which a Korean carrier would replace by a question mark.
    """
    return len(text.encode("cp949"))


def is_korean(character: str) -> bool:
    """Return whether Korean networks carry a character: whether their code page has it."""
    try:
        character.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True


def is_long(text: str) -> bool:
    """Return whether a Korean carrier makes an LMS of a text."""
    return len(text.encode("cp949", "replace")) > KOREAN_SMS_BYTES_MAX


def korean_kind(text: str) -> str:
    """Return what a Korean carrier makes of a whole text, label and footer included: "SMS, 88 of 90 bytes"; other
    characters than its own count as the question mark that it would write."""
    size = len(text.encode("cp949", "replace"))
    if size <= KOREAN_SMS_BYTES_MAX:
        return f"SMS, {size} of {KOREAN_SMS_BYTES_MAX} bytes"
    return f"LMS, {size} of {KOREAN_LMS_BYTES_MAX} bytes" if size <= KOREAN_LMS_BYTES_MAX else f"too long: {size} bytes"


def _segments(widths: list[int], single: int, joined: int) -> int:
    """Count segments as phones fill them: a character of two units is never split over two segments."""
    if sum(widths) <= single:
        return 1
    segments, filled = 1, 0
    for width in widths:
        if filled + width > joined:
            segments, filled = segments + 1, 0
        filled += width
    return segments
