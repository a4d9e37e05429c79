"""A law pack that asks for nothing: each pack says what its law adds to it. `kairos.registry.Policy` says what each is.

What a pack leaves as it is here, its law (or what software can do about it) is silent on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.consent import Consent
from kairos.domain.profile import Profile
from kairos.registry import Night, Rendered


class LawPack:
    """Closes no hour, objects to nothing, adds nothing, and wants nobody told."""

    def nights(self, profile: Profile, channel: str) -> Sequence[Night]:
        return ()

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        return None

    def bars(self, profile: Profile, now: datetime) -> str | None:
        return None

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        return rendered

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        return None

    def lint(self, texts: Mapping[str, str], channel: str, marketing: bool) -> Sequence[tuple[str, str]]:
        return ()

    def untold(self, answered: Collection[str], confirmable: bool) -> Sequence[str]:
        return ()

    def undeclared(self, brand: Mapping[str, Any], channels: Collection[str]) -> Sequence[str]:
        return ()
