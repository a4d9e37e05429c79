"""The gates before a provider is called, each on what was read just now (DESIGN 2, "Sending exactly once").

In order: is everything stopped? Is the profile erased, or merged into another? Is its journey live, and the message
still wanted? Is there consent, an address, no suppression? Is it a quiet hour for the recipient, has the message
expired, does its step's condition still hold, is what the law asks for in what was rendered? The first that is closed
answers. Transactional messages pass the gates that are about advertising: consent, a refusal of marketing, quiet hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kairos.app.deliver.compose import compose
from kairos.app.deliver.condition import UNMET, still_holds
from kairos.app.deliver.consent import NO_CONSENT, consented_at, objection
from kairos.app.deliver.gifts import Gifts, Wanted
from kairos.app.deliver.links import CountedLinks
from kairos.app.deliver.outcome import Outcome, held, not_sent
from kairos.app.deliver.quiet import QUIET, open_at, why_quiet
from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.offers import Coupons, NoCoupons
from kairos.app.ports import Clock, ContactReader, Customers, OutboxMessage, Suppressions
from kairos.app.preferences.coupon import CouponLink, CouponLinks
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.app.products import Products
from kairos.app.publish.release import Release
from kairos.app.render.blanks import contact_refs
from kairos.domain.errors import Unavailable
from kairos.domain.profile import OWN_SERVER, PULLED, Message, Profile
from kairos.registry import Channel, Delivery

MERGES_MAX = 20
LOOKS_MAX = 2
"""A second look at the gates after a coupon was set aside: see `gifts`."""
MERGING_SECONDS = 30
"""After how long a message is looked at again whose profile is on its way into another."""


@dataclass(frozen=True, slots=True)
class Ready:
    """All gates are open: call the provider at once. `profile` is whose journeys hear of it; `due` when the message was
    meant to go, `brand` the live release's."""

    delivery: Delivery
    profile: str
    due: datetime
    brand: Mapping[str, Any]


class Gates:
    """Reads fresh and answers Ready, or the outcome of the first gate that is closed.

    `read_release` returns the live release, its pointer read now; `hash_address` gives the keyed hash by which
    suppressions know an address.
    """

    def __init__(
        self,
        customers: Customers,
        contacts: ContactReader,
        suppressions: Suppressions,
        read_release: Callable[[], Release],
        channels: Mapping[str, Channel],
        links: UnsubscribeLinks,
        hash_address: Callable[[str], str],
        clock: Clock,
        coupons: Coupons | None = None,
        products: Products | None = None,
        counted: CountedLinks | None = None,
        pages: CouponLinks | None = None,
    ) -> None:
        self._pages = pages
        self._products = products
        self._counted = counted
        self._gifts = Gifts(coupons or NoCoupons())
        self._customers = customers
        self._contacts = contacts
        self._suppressions = suppressions
        self._read_release = read_release
        self._channels = channels
        self._links = links
        self._hash_address = hash_address
        self._clock = clock

    def pass_through(self, request: OutboxMessage) -> Ready | Outcome:
        """Return whether the message may go, and then with what. Raises Unavailable where a gate cannot be read."""
        for _ in range(LOOKS_MAX):
            release = self._read_release()
            found = find_profile(self._customers, request.profile)
            if isinstance(found, Outcome):
                return found
            passed: Ready | Outcome | Wanted | None = self._pass(request, found, release)
            if isinstance(passed, Wanted):
                passed = self._gifts.give(passed, self._clock.now())
            if passed is not None:
                return replace(passed, profile=found.id) if isinstance(passed, Outcome) else passed
        raise Unavailable("messages", "a coupon that was given is not there")

    def _pass(self, request: OutboxMessage, profile: Profile, release: Release) -> Ready | Outcome | Wanted:
        message = profile.messages.get(request.message)
        if closed := _unwanted(request, message, release):
            return closed
        assert message is not None
        marketing = message.marketing or request.marketing
        if marketing and (objected := objection(release, profile, message.channel, self._clock.now())):
            return not_sent(NO_CONSENT, objected)
        channel = self._channels[message.channel]
        contacts = self._known_of(profile, message)
        address = _address(contacts.get("profile", {}).get(channel.address), channel.address, release)
        if message.channel in PULLED | OWN_SERVER:
            address = profile.id
        if address is None:
            return not_sent("no address")
        stops = self._suppressions.suppressed(message.channel, address, consented_at(profile, message.channel))
        if "all" in stops or (marketing and "marketing" in stops):
            return not_sent("suppressed")
        return self._time_and_form(replace(message, marketing=marketing), profile, release, channel, address, contacts)

    def _known_of(self, profile: Profile, message: Message) -> Mapping[str, Mapping[str, Any]]:
        """Return the personal data that the message may hold, by ref."""
        if message.channel in PULLED:
            return {}
        under = list(dict.fromkeys((profile.id, *profile.former)))
        return self._contacts.fetch(under, contact_refs(profile, message))

    def _time_and_form(
        self,
        message: Message,
        profile: Profile,
        release: Release,
        channel: Channel,
        address: str,
        contacts: Mapping[str, Mapping[str, Any]],
    ) -> Ready | Outcome | Wanted:
        now = self._clock.now()
        opens = open_at(release, profile, message.channel, now, message.marketing)
        if opens is None or opens > now:
            return held(QUIET, opens, why_quiet(release, profile, message.channel, now, message.marketing))
        if message.expires_at <= now:
            return not_sent("expired")
        if not still_holds(release, profile, message, now):
            return not_sent("condition", UNMET)
        gift = self._gifts.of(release, profile, message, now)
        if isinstance(gift, Outcome | Wanted):
            return gift
        if gift is not None and self._pages is not None:
            link = CouponLink(gift.code, gift.ends_at, profile.id, message.id, now)
            gift = replace(gift, page=self._pages.url(link))
        refusal = Refusal(message.channel, self._hash_address(address), profile.id, message.id)
        urls = (self._links.url(refusal), self._links.confirm_url(refusal))
        made = compose(release, profile, message, channel, address, contacts, urls, now, gift, self._products)
        if isinstance(made, Outcome):
            return made
        made = self._counted.lead(made, message.channel, profile.id, release.brand) if self._counted else made
        return Ready(made, profile.id, message.due, release.brand)


def find_profile(customers: Customers, id: str) -> Profile | Outcome:
    """Return the profile as it is now, under the id it has now, or why there is none to go on with."""
    passed: list[Profile] = []
    for _ in range(MERGES_MAX):
        profile = customers.read(id)
        if profile is None and not any(_is_shipping(each) for each in passed):
            # Nobody is told: an event for a profile that was erased would bring it back.
            return not_sent("erased")
        if profile is not None and profile.erased_at is not None:
            return not_sent("erased")
        if profile is not None and profile.merged_into is not None:
            passed.append(profile)
            id = profile.merged_into
            continue
        if profile is not None and {each.id for each in passed} <= set(profile.former):
            return profile
        # A merge has not arrived there yet, and its messages with it.
        return Outcome("waiting", "merging", delay_seconds=MERGING_SECONDS)
    return not_sent("erased", "merged in a circle")


def _is_shipping(merged: Profile) -> bool:
    """Return whether what a merged profile was has not arrived yet: whom it became may not be there before that."""
    return any(parcel.kind == "state" for parcel in merged.parcels.values())


def _unwanted(request: OutboxMessage, message: Message | None, release: Release) -> Outcome | None:
    """Return why the journey does not want the message now. A held one is asked for again by the journey itself."""
    if release.stopped:
        return held("stopped")
    if message is None:
        return not_sent("no longer wanted")
    if message.state != "asked" or message.channel != request.channel:
        return Outcome("idle", "superseded")
    if message.journey in release.paused:
        return held("paused")
    return None


def _address(value: object, field: str, release: Release) -> str | None:
    """Return the address in the one form that suppressions are keyed by, whatever form it was kept in."""
    if not isinstance(value, str):
        return None
    if field == "email":
        return normalise_email(value)
    return normalise_phone(value, release.brand.get("country")) if field == "phone" else value
