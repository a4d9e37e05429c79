"""A message as it goes out, as far as that is known before anybody gets it: with the label, sender and opt-out that the
law packs add, and with counted links of the very length that they will have.

Blanks count as empty, so whatever is measured of it is the least that there will be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from kairos import registry
from kairos.app.deliver.links import count_links, hosts_of
from kairos.app.preferences.tracked import Tracked, TrackedLinks
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.registry import Rendered

TYPICAL_URL = "https://abcdefghij.execute-api.ap-northeast-2.amazonaws.com"
"""As long as the address of an API is, where the one of the deployment is not known."""

_BLANK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ID = "a" * 26
_HASH = "1#" + "a" * 52


class _AnyKey:
    """A keyring whose links are as long as real ones, and prove nothing."""

    current = "1"
    keys: Mapping[str, bytes] = {"1": bytes(32)}

    def derive(self, purpose: Literal["unsubscribe", "link"], key_id: str | None = None) -> bytes:
        return self.keys["1"]


def as_sent(
    texts: Mapping[str, str], channel: str, marketing: bool, brand: Mapping[str, Any], public_url: str = ""
) -> dict[str, str]:
    """Return the parts of a message as they would be handed to the channel, every blank empty."""
    rendered = Rendered({part: _BLANK.sub("", text) for part, text in texts.items()})
    return dict(dressed(rendered, channel, marketing, brand, public_url).parts)


def dressed(
    rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], public_url: str = ""
) -> Rendered:
    """Return a rendered message with all that is added to it, each link as long as it will be."""
    base = public_url or TYPICAL_URL
    refusal = UnsubscribeLinks(_AnyKey, base).url(Refusal(channel, _HASH, _ID, _ID))
    for name in brand.get("policies") or ():
        rendered = registry.load("policies", name).apply(rendered, channel, marketing, brand, refusal)
    hosts = hosts_of(brand)
    if not hosts:
        return rendered
    domain = str(brand["links"].get("domain") or "")
    links, sent_at = TrackedLinks(_AnyKey, base), datetime(2026, 1, 1, tzinfo=UTC)
    return count_links(rendered, channel, hosts, lambda target: links.url(Tracked(target, _ID, _ID, sent_at), domain))
