"""A container remembers whom it met; another one, or the operator, changes who that is: nothing is lost by it, and
nobody comes back."""

from __future__ import annotations

from datetime import timedelta

from kairos.app.ports import InboxMessage
from kairos.domain.erasure import erase_request, erasure_done
from tests.simulation.test_becoming import CART, DEVICE, MINA, History, M

SECONDS = timedelta(seconds=20)


def test_what_comes_for_a_stranger_who_became_a_customer_elsewhere_reaches_the_customer() -> None:
    history = History()
    history.meet()
    history.say("cart_updated", **DEVICE, properties=CART)
    stranger = history.world.identities.known["anonymous", "track/main", "device-1"]
    first = history.world.stations.ingest
    history.world.stations.ingest = history.world.stations.container()
    history.say("profile_updated", M, profile=MINA, **DEVICE)
    history.world.stations.ingest = first
    history.say("order_completed", M + SECONDS, **DEVICE, properties=CART)
    assert history.end() == []  # the order ended the cart: nobody is reminded of it
    mina = history.profile("external", MINA)
    assert mina.former[1:] == (stranger,)
    assert len(history.reasons("converted")) == 1


def test_what_comes_for_somebody_who_was_erased_brings_nobody_back() -> None:
    history = History()
    world = history.world
    history.say("page_viewed", profile=MINA)
    gone = world.identities.known["external", "track/main", MINA]
    world.inbox.put([InboxMessage(gone, (erase_request(gone, world.clock.at),))])
    history.live(M)
    world.identities.known.clear()
    world.identities.kept.clear()
    world.inbox.put([InboxMessage(gone, (erasure_done(gone, world.clock.at),))])
    history.say("page_viewed", M + SECONDS, profile=MINA)  # the container has not heard of it
    history.live(2 * M)
    mark = world.customers.profiles[gone]
    assert (mark.erased_everywhere, mark.counters, mark.log) == (True, {}, ())
    assert world.identities.known == {}
    history.say("profile_updated", 2 * M + SECONDS, profile=MINA, traits={"email": "mina@example.com"})
    history.live(3 * M)
    again = world.identities.known["external", "track/main", MINA]
    assert again != gone  # who comes back with an address is somebody new, at once
    kept = {id: world.contacts.fetch([id], ["profile"])["profile"] for id in (gone, again)}
    assert kept == {gone: {}, again: {"email": "mina@example.com"}}
