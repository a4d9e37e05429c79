"""One form for each way to name a person: the same person, written differently, is the same keyed hash.

The rules are few on purpose. E-mail is trimmed and lower-cased whole (no provider in use tells case apart; RFC 5321
2.4 would allow it), its domain in IDNA form. A phone becomes E.164 from an international form, or from a national one
where the brand's country is in the table below. What cannot be brought into form is dropped: a wrong address is
a message to a stranger.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kairos.app.ports import Identifier
from kairos.registry import Named

EMAIL_CHARS_MAX = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
LOCAL_CHARS_MAX = 64
ID_CHARS_MAX = 256

_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_TOP = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.ASCII)
_INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_PUNCTUATION = re.compile(r"[\s().\-/‐-―·]+")

# Values that clients send where they have none: joining on one of them would make one person of many.
_NOBODY_TEXT = (
    "0 -1 null none nil nan undefined anonymous guest unknown true false n/a [object_object] "
    "00000000-0000-0000-0000-000000000000"
)
_NOBODY = frozenset(text.replace("_", " ") for text in _NOBODY_TEXT.split())


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a country writes its numbers at home: calling code, the prefix dropped abroad, and what is left."""

    code: str
    trunk: str
    national: re.Pattern[str]


def _plan(code: str, trunk: str, national: str) -> _Plan:
    return _Plan(code, trunk, re.compile(national, re.ASCII))


# National significant numbers (ITU-T E.164 and each regulator's plan), by ISO 3166 code.
_PLANS: Mapping[str, _Plan] = {
    "KR": _plan("82", "0", r"1[016789]\d{7,8}|2\d{7,8}|[3-6]\d{8,9}|[57]0\d{8}"),
    "JP": _plan("81", "0", r"[1-9]\d{8,9}"),
    "TW": _plan("886", "0", r"9\d{8}|[2-8]\d{7,8}"),
    "US": _plan("1", "1", r"[2-9]\d{2}[2-9]\d{6}"),
    "CA": _plan("1", "1", r"[2-9]\d{2}[2-9]\d{6}"),
    "GB": _plan("44", "0", r"[1-9]\d{8,9}"),
    "DE": _plan("49", "0", r"[1-9]\d{6,11}"),
    "FR": _plan("33", "0", r"[1-9]\d{8}"),
    "ES": _plan("34", "", r"[5-9]\d{8}"),
    "IT": _plan("39", "", r"3\d{8,9}|0\d{5,10}"),
    "NL": _plan("31", "0", r"[1-9]\d{8}"),
    "AU": _plan("61", "0", r"[2-478]\d{8}"),
    "SG": _plan("65", "", r"[3689]\d{7}"),
}


def identifier(named: Named, scope: str, country: str | None) -> Identifier | None:
    """Return the normalised identifier, or None for what identifies nobody. `scope` is "<source>/<connection>"."""
    if named.kind == "email":
        value = normalise_email(named.value)
    elif named.kind == "phone":
        value = normalise_phone(named.value, country)
    else:
        value = normalise_id(named.value)
    if value is None:
        return None
    source = named.scope or scope
    return Identifier(named.kind, value, "" if named.kind in ("email", "phone") else source, named.verified, source)


def identifiers(who: Sequence[Named], scope: str, country: str | None) -> list[Identifier]:
    """Return what is left of `who` after normalising, best first, each once."""
    found = (identifier(named, scope, country) for named in who)
    return list(dict.fromkeys(one for one in found if one is not None))


def normalise_email(text: str) -> str | None:
    """Return the address in lower case with an ASCII domain, or None when it is no deliverable address."""
    local, at, domain = unicodedata.normalize("NFC", text.strip().lower()).rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode("utf-8", "replace")) > LOCAL_CHARS_MAX:
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    host = _ascii_domain(domain)
    if host is None or len(local) + 1 + len(host) > EMAIL_CHARS_MAX:
        return None
    return f"{local}@{host}"


def normalise_phone(text: str, country: str | None) -> str | None:
    """Return the number in E.164 (`+821012345678`), or None. `country` (ISO 3166) reads numbers written without a +."""
    digits = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text)).removeprefix("tel:")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+"):
        return _international(digits)
    plan = _PLANS.get((country or "").upper())
    if plan is None or not digits.isascii() or not digits.isdigit():
        return None
    national = digits.removeprefix(plan.trunk)
    if plan.national.fullmatch(national):
        return f"+{plan.code}{national}"
    # Some shops keep the calling code and lose the plus: 8210…
    return _international("+" + digits) if digits.startswith(plan.code) else None


def normalise_id(text: str) -> str | None:
    """Return an opaque id trimmed, case kept; None for the empty, the overlong, and what clients send for nobody."""
    value = text.strip()
    if not value or len(value) > ID_CHARS_MAX or value.lower() in _NOBODY or not value.isprintable():
        return None
    return value


def _international(digits: str) -> str | None:
    if not _INTERNATIONAL.fullmatch(digits):
        return None
    for plan in _PLANS.values():
        if not digits.startswith("+" + plan.code):
            continue
        # +82 010…: the trunk prefix is often kept by mistake.
        national = digits[1 + len(plan.code) :]
        if plan.trunk == "0":
            national = national.removeprefix("0")
        return f"+{plan.code}{national}" if plan.national.fullmatch(national) else None
    return digits


def _ascii_domain(domain: str) -> str | None:
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or not _TOP.fullmatch(labels[-1]):
        return None
    return host
