"""What the messages of a walk come to: one to each customer, by each channel that its journeys may send by.

How many a journey really sends is for consent, caps and its own steps to say; so this is what one message to everybody
would cost, at the brand's `prices` or the list's, and a text message of several segments costs that many times more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents
from kairos.app.definitions.ready import sends
from kairos.app.deliver.spending import price_of


def prices_of(
    drafts: Mapping[tuple[str, str], Any], journeys: Iterable[str], brand: Mapping[str, Any]
) -> dict[str, float]:
    """Return US dollars for one message by each channel of these journeys (none named: of all); free ones are left out.

    Drafts that are not well-formed have no price: `publish` refuses them.
    """
    wanted = set(journeys)
    kept = [
        Definition(kind, id, document, f"{kind}/{id}")
        for (kind, id), document in drafts.items()
        if isinstance(document, Mapping) and (kind == "template" or _is_meant(kind, id, document, wanted))
    ]
    try:
        used = {channel for _, _, channels in sends(Documents(tuple(kept))) for channel in channels}
    except (TypeError, ValueError, KeyError, AttributeError):
        return {}
    known = used & set(registry.names("channels"))
    prices = {channel: price_of(brand, registry.load("channels", channel)) for channel in sorted(known)}
    return {channel: price for channel, price in prices.items() if price}


def _is_meant(kind: str, id: str, document: Mapping[str, Any], wanted: set[str]) -> bool:
    return kind == "journey" and "class" in document and (not wanted or id in wanted)
