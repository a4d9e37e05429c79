"""By which addresses a person is reached now, and which of them the reader of a link has shown to be theirs.

A link proves one thing: that its reader sees what was sent to the address whose keyed hash it carries. It proves it of
every channel that goes to that very address (text messages and KakaoTalk share a number), and of no other. Whoever
changed their address since has left the old link behind, so what it proves is asked of the addresses as they are now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.ports import ContactReader, Suppressions
from kairos.domain.profile import PULLED, Profile

ADDRESSES: Mapping[str, str] = {"email": "email", "sms": "phone", "kakao": "phone", "push": "push_token"}
"""Channel → the contact field of its address, as the channels declare it; read without loading them."""


class KnownAddresses:
    """Reads contacts for `preferences`. `brand` returns the live brand, whose country says how numbers are written."""

    def __init__(
        self, contacts: ContactReader, suppressions: Suppressions, brand: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._contacts = contacts
        self._suppressions = suppressions
        self._brand = brand

    def of(self, profile: Profile) -> dict[str, str]:
        """Return channel → address, in the one form that suppressions are keyed by. Raises Unavailable."""
        known = self._contacts.fetch(list(dict.fromkeys((profile.id, *profile.former))), ["profile"]).get("profile", {})
        country = self._country()
        found: dict[str, str] = {}
        for channel, name in ADDRESSES.items():
            value = known.get(name)
            if isinstance(value, str) and (address := _normalised(value, name, country)):
                found[channel] = address
        return found

    def proven_by(self, address_hash: str, profile: Profile) -> frozenset[str]:
        """Return the channels whose consent the reader of a link may give: those to the address it was sent to, and
        those that go to no address. Raises Unavailable."""
        known = self.of(profile).items()
        return PULLED | {channel for channel, address in known if self._suppressions.is_of(address_hash, address)}

    def _country(self) -> str | None:
        try:
            return str(self._brand().get("country") or "") or None
        except Exception:  # noqa: BLE001 - without a release a number is read as it was written
            return None


def _normalised(value: str, name: str, country: str | None) -> str | None:
    if name == "email":
        return normalise_email(value)
    return normalise_phone(value, country) if name == "phone" else value
