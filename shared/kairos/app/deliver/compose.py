"""From a message that may go to what the provider is handed: rendered, and with all that the law packs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kairos import registry
from kairos.app.deliver.condition import facts_of
from kairos.app.deliver.outcome import Outcome, not_sent
from kairos.app.products import Products
from kairos.app.publish.release import Release
from kairos.app.render.blanks import entry_of, fill_blanks, language_for, language_of, moment_of, wall_of
from kairos.app.render.choose import Choice, choose, partials_in
from kairos.app.render.mjml import with_html
from kairos.app.render.render import CannotRender, render
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant
from kairos.domain.offer import Coupon
from kairos.domain.profile import Message, Profile
from kairos.registry import Channel, Delivery, Occasion, Rendered


def compose(
    release: Release,
    profile: Profile,
    message: Message,
    channel: Channel,
    address: str,
    contacts: Mapping[str, Mapping[str, Any]],
    urls: tuple[str, str],
    now: datetime,
    coupon: Coupon | None = None,
    products: Products | None = None,
) -> Delivery | Outcome:
    """Return the delivery, or why there is none: the template lacks something, or a law pack does. `urls` are the links
    of this message to refuse by, and to confirm by; `coupon` is what the customer was given of the template's offer."""
    unsubscribe_url, confirm_url = urls
    document = release.content(message.template)
    if document is None:
        return not_sent("template", f"there is no template {message.template}")
    choice = _choose(document, release, profile, message, now)
    if choice is None:
        return not_sent("template", f"the template {message.template} has no {message.channel} part")
    blanks = fill_blanks(
        profile,
        message,
        contacts,
        release.brand,
        unsubscribe_url,
        confirm_url,
        coupon,
        products if _shows_products(choice) else None,
    )
    try:
        rendered = _render(release, profile, message, choice, blanks, channel, now)
    except CannotRender as error:
        return not_sent("template", str(error))
    for part in (*channel.required, "text"):
        if not rendered.parts.get(part, "").strip():
            return not_sent("template", f"template {message.template}, {message.channel}.{part} is empty")
    lawful = _obey(release, rendered, message, unsubscribe_url)
    if isinstance(lawful, Outcome):
        return lawful
    return Delivery(
        message=message.id,
        address=address,
        rendered=lawful,
        marketing=message.marketing,
        sender=_sender(release.brand),
        tags={
            "kairos_message": message.id,
            "kairos_profile": profile.id,
            "kairos_journey": message.journey,
            "kairos_step": message.step,
        },
        unsubscribe_url=unsubscribe_url if message.marketing else None,
        at=now,
        expires_at=message.expires_at,
        words=_named(message.template, choice, coupon),
        occasion=_occasion(profile, message),
    )


def _occasion(profile: Profile, message: Message) -> Occasion | None:
    entry = entry_of(profile, message)
    if entry is None or entry.starts_at is None:
        return None
    uid = digest("occasion", profile.birth, entry.kind, entry.former[0] if entry.former else entry.id)
    return Occasion(uid, entry.starts_at, entry.ends_at, entry.occurred_at, entry.cancelled)


def _shows_products(choice: Choice) -> bool:
    """Return whether the words may show a product: what they do not show is not read."""
    texts = [text for text in choice.parts.values() if isinstance(text, str)]
    return any(word in text for text in texts for word in ("items", "product"))


def _choose(
    document: Mapping[str, Any], release: Release, profile: Profile, message: Message, now: datetime
) -> Choice | None:
    brand, facts = release.brand, facts_of(release, profile, message, now)
    moment = moment_of(profile, message)
    return choose(document, message.channel, language_for(profile, brand), language_of(brand), facts, moment)


def _render(
    release: Release,
    profile: Profile,
    message: Message,
    choice: Choice,
    blanks: Mapping[str, Any],
    channel: Channel,
    now: datetime,
) -> Rendered:
    wall = wall_of(release.brand, release.zone(profile.zone), now, choice.language)
    document = {message.channel: with_html(choice.parts, release.compiled)}
    partials = partials_in(release.partials, choice.language, language_of(release.brand))
    return render(message.template, document, message.channel, blanks, wall, channel.parts, partials)


def _named(template: str, choice: Choice, coupon: Coupon | None) -> dict[str, str]:
    """Return by what the record of a sent message knows its words: a variant may be changed or go at any time."""
    said = {"variant": choice.variant} if choice.variant else {}
    if coupon is not None:
        said |= {"offer": coupon.offer, "coupon": coupon.code}
        said |= {"coupon_given_at": format_instant(coupon.given_at), "coupon_ends_at": format_instant(coupon.ends_at)}
    return {"template": template, "language": choice.language, "content": choice.content, **said}


def _obey(release: Release, rendered: Rendered, message: Message, unsubscribe_url: str) -> Rendered | Outcome:
    """Return what the law packs make of the message. Each is asked after all have been applied."""
    brand = release.brand
    policies = [registry.load("policies", name) for name in release.rules.policies]
    for policy in policies:
        rendered = policy.apply(rendered, message.channel, message.marketing, brand, unsubscribe_url)
    for policy in policies:
        if lack := policy.lacks(rendered, message.channel, message.marketing, brand):
            return not_sent("policy", f"{policy.name}: {lack} is missing")
    return rendered


def _sender(brand: Mapping[str, Any]) -> dict[str, str]:
    sender = {key: str(value) for key, value in (brand.get("sender") or {}).items() if value is not None}
    return {**sender, "name": sender.get("name") or str(brand.get("name") or "")}
