"""Who sends, under which law packs, and what counts as agreement: that part of the brand as its owner writes it."""

from __future__ import annotations

import re
from typing import Any

from kairos import registry
from kairos.app.definitions.limits import CHANNELS
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

SENDER_KEYS = ("name", "email", "contact", "opt_out", "sms", "postal", "relay")
LAWFUL = "lawful_goods"
"""Beside them: that what is advertised may be sold, which nobody but the sender can say."""

UNCONFIRMED = ("keep", "stop")
"""What becomes of a consent that nobody confirmed in the time a law pack gives."""

TEXT_MAX = 200
EMAIL_FORM = re.compile(r"[^@\s<>,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def read_sender(document: Document) -> None:
    """Read who sends. Raises BadDefinition."""
    if not document.has("sender"):
        return
    sender = document.inner("sender")
    sender.only(*SENDER_KEYS, LAWFUL)
    sender.flag(LAWFUL)
    for key in SENDER_KEYS:
        if sender.has(key):
            read_line(sender, key)
    if sender.has("email") and not EMAIL_FORM.fullmatch(sender.raw["email"]):
        raise BadDefinition((*sender.path, "email"), "expected an e-mail address such as hello@example.com")


def read_policies(document: Document) -> None:
    """Read which law packs hold. Raises BadDefinition."""
    if not document.has("policies"):
        return
    known = registry.names("policies")
    for name, path in document.items("policies"):
        if name not in known:
            raise BadDefinition(path, f"no law pack is called {name!r}; there are: {', '.join(known) or 'none'}")


def read_consent(document: Document) -> None:
    """Read on which channels a sale counts as consent, which want it confirmed, and what silence about it means. Raises
    BadDefinition."""
    for key in ("existing_customers", "double_opt_in"):
        for name, path in document.items(key) if document.has(key) else ():
            if name not in CHANNELS:
                raise BadDefinition(path, f"expected channels: {', '.join(CHANNELS)}")
    if document.has("unconfirmed_consent"):
        document.choice("unconfirmed_consent", UNCONFIRMED)


def read_line(document: Document, key: str) -> str:
    """Read a text that stands in one line. Raises BadDefinition."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX or not value.isprintable():
            raise ValueError
        return value

    return document.read(key, parse, f"a text of at most {TEXT_MAX} characters in one line, in quotes")
