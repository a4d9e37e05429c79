"""Which columns an imported file may have, under which names, and what a command line says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from kairos.cli.failure import CannotDo
from kairos.cli.import_cells import read_instant

CHANNELS: Mapping[str, str] = {"email": "email", "sms": "phone"}
"""Channel → the column with its address."""

PERSON = ("customer_id", "email", "phone", "first_name", "last_name", "birthday", "timezone", "locale", "language")
SAID = tuple(
    f"{said}_{channel}{part}"
    for channel in CHANNELS
    for said, part in (*(("consent", part) for part in ("", "_at", "_basis")), ("unsubscribed", ""))
)
STOP = ("address_hash", "channel", "purpose", "reason", "at")
"""Columns of a file of stops, as `kairos export` writes it."""

COLUMNS = frozenset({*PERSON, *SAID, *STOP, "updated_at"})

SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("e_mail", "email_address", "mail", "이메일", "메일", "이메일주소"), "email"),
    **dict.fromkeys(
        ("phone_number", "mobile", "cellphone", "tel", "휴대폰", "휴대폰번호", "휴대전화", "전화번호", "연락처"),
        "phone",
    ),
    **dict.fromkeys(("firstname", "given_name", "이름", "성명"), "first_name"),
    **dict.fromkeys(("lastname", "surname", "family_name", "성"), "last_name"),
    **dict.fromkeys(("id", "customerid", "member_id", "회원번호", "회원id", "아이디"), "customer_id"),
    **dict.fromkeys(("birthdate", "birth_date", "date_of_birth", "생일", "생년월일"), "birthday"),
    **dict.fromkeys(("time_zone", "시간대"), "timezone"),
    **dict.fromkeys(("accepts_email_marketing", "email_consent", "이메일수신동의", "이메일_수신동의"), "consent_email"),
    **dict.fromkeys(("accepts_sms_marketing", "sms_consent", "sms수신동의", "sms_수신동의"), "consent_sms"),
    **dict.fromkeys(("unsubscribed", "email_unsubscribed", "수신거부", "이메일수신거부"), "unsubscribed_email"),
    **dict.fromkeys(("sms_unsubscribed", "sms수신거부"), "unsubscribed_sms"),
}

_TRAIT = re.compile(r"[^\W\d]\w{0,63}")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file's columns are read. `as_of` is when what has no time of its own was so; `zone` reads local times."""

    now: datetime
    as_of: datetime
    zone: ZoneInfo
    country: str | None = None
    customers_of: str = ""
    consented_at: datetime | None = None
    basis: str = ""
    traits: Sequence[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def column_of(name: str, plan: Plan) -> str | None:
    """Return the column of ours that a header means, "trait:<name>" for a listed trait, or None."""
    if name in plan.traits:
        return f"trait:{name}"
    plain = re.sub(r"[\s\-]+", "_", name.strip().lower())
    wanted = plan.renamed.get(name, plan.renamed.get(plain, SYNONYMS.get(plain, plain)))
    return wanted if wanted in COLUMNS else None


def read_renamed(given: Iterable[str]) -> dict[str, str]:
    """Return {their column: ours} of texts such as "Mail=email". Raises CannotDo."""
    renamed = {}
    for text in given:
        theirs, equals, ours = text.rpartition("=")
        if not equals or not theirs.strip() or ours.strip() not in COLUMNS:
            raise CannotDo(f"--map takes THEIRS=OURS, where OURS is one of: {', '.join(sorted(COLUMNS))}")
        renamed[theirs.strip()] = ours.strip()
    return renamed


def check_traits(names: Sequence[str]) -> None:
    """Raise CannotDo for a name that no trait can have."""
    for name in names:
        if not _TRAIT.fullmatch(name):
            raise CannotDo(f"a trait's name is a letter, then letters, digits and _; found {name!r}; rename the column")


def read_instant_of(text: str | None, option: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that an option names, a date being its beginning. Raises CannotDo."""
    at = read_instant(text, zone, "start") if text else None
    if text and at is None:
        raise CannotDo(f"{option} takes a date or time, such as 2025-01-31 or 2025-01-31T09:00:00+09:00")
    return at
