"""What holds for every recorded body of every source, ours and other people's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kairos.app.ingest.listed import listed
from kairos.domain.event import event_from_json, event_to_json
from kairos.registry import Parsed, Request, load
from kairos.registry import names as plugins
from tests.sources import bodies

ALL = bodies.all_names()

# What each foreign body would be sent as; a REST object is a webhook's body once its outer key is gone.
SHOPIFY_TOPICS = {
    "go-customer-with-consent": "customers/update",
    "go-draft-order": "draft_orders/update",
    "go-order-with-transaction": "orders/updated",
    "rest-fulfillment": "fulfillments/create",
    "rest-order": "orders/paid",
    "rest-refund": "refunds/create",
}
STRIPE_TYPES = {"pay-subscription.deleted": "customer.subscription.deleted"}
WOOCOMMERCE_TOPICS = ("customer.updated", "order.updated")

FOREIGN_FOLDERS = ("shopify", "calendly", "ses", "segment", "stripe", "woocommerce", "cafe24")

# Bodies of the new sources that mean nothing to us: a list and a REST object that no webhook sends, the app's affairs.
SILENT = {
    "stripe": set[str](),
    "woocommerce": {"customers-list", "refund-created", "webhook-registration"},
    "cafe24": {"90077-OnAppDeleted", "90079-OnAppExpirationExtended", "90157-OnAppPayment"}
    | {"90158-OnAppPaymentRefundRequested"},
}


def test_every_source_has_recorded_bodies() -> None:
    assert {source for source, _ in ALL} == set(plugins("sources"))


@pytest.mark.parametrize(("source", "name"), ALL)
def test_nothing_personal_is_in_the_event_of_a_recorded_body(source: str, name: str) -> None:
    for parsed in bodies.parse(source, name):
        text = bodies.event_text(parsed) + parsed.key.lower()
        assert [mark for mark in bodies.MARKS if mark in text] == []


@pytest.mark.parametrize(("source", "name"), ALL)
def test_every_property_of_a_recorded_body_is_listed(source: str, name: str) -> None:
    plugin = load("sources", source)
    for parsed in bodies.parse(source, name):
        assert listed(plugin, parsed.event, {}) == parsed.event


@pytest.mark.parametrize(("source", "name"), ALL)
def test_the_key_of_a_fact_is_the_same_when_its_body_comes_again(source: str, name: str) -> None:
    first, again = bodies.parse(source, name), bodies.parse(source, name)
    assert [one.key for one in first] == [one.key for one in again]
    assert len({one.key for one in first}) == len(first)


@pytest.mark.parametrize(("source", "name"), ALL)
def test_an_event_survives_the_queue(source: str, name: str) -> None:
    for parsed in bodies.parse(source, name):
        whole = _named(parsed)
        assert event_from_json(json.loads(json.dumps(event_to_json(whole.event)))) == whole.event


def _named(parsed: Parsed) -> Parsed:
    return replace(parsed, event=replace(parsed.event, id="e", profile="p"))


def sent_as(folder: str, file: Path) -> Request:
    """Return the request in which a foreign body would arrive: parts of one are put where they belong."""
    raw, headers = json.loads(file.read_text()), {}
    if folder == "shopify":
        headers["x-shopify-topic"] = SHOPIFY_TOPICS.get(file.stem, "products/update")
        raw = next(iter(raw.values())) if len(raw) == 1 else raw
    if folder == "woocommerce":
        headers["x-wc-webhook-topic"] = file.stem if file.stem in WOOCOMMERCE_TOPICS else "product.updated"
    if folder == "stripe" and "type" not in raw:
        data = raw if "object" in raw and isinstance(raw["object"], dict) else {"object": raw}
        raw = {"id": "evt_1", "type": STRIPE_TYPES.get(file.stem, file.stem.removeprefix("pay-")), "data": data}
    return Request(headers, json.dumps(raw).encode(), bodies.NOW, "main")


@pytest.mark.parametrize("folder", FOREIGN_FOLDERS)
def test_bodies_of_real_senders_pass_through_their_adapter(shared_data: Path, folder: str) -> None:
    files = sorted((shared_data / "payloads" / folder).glob("*.json"))
    assert files
    plugin = load("sources", "track" if folder == "segment" else folder)
    for file in files:
        request = sent_as(folder, file)
        first, again = (plugin.parse(request, trusted=True) for _ in range(2))
        assert [one.key for one in first] == [one.key for one in again]
        assert len({one.key for one in first}) == len(first), file.name
        for one in first:
            assert listed(plugin, one.event, {}) == one.event, file.name
            assert "@" not in bodies.event_text(one), file.name


@pytest.mark.parametrize(("folder", "silent"), SILENT.items())
def test_what_says_nothing_among_bodies_of_real_senders_is_known(
    shared_data: Path, folder: str, silent: set[str]
) -> None:
    files = sorted((shared_data / "payloads" / folder).glob("*.json"))
    plugin = load("sources", folder)
    assert {file.stem for file in files if not plugin.parse(sent_as(folder, file), trusted=True)} == silent


@pytest.mark.parametrize("source", sorted({source for source, _ in ALL} - {"track"}))
def test_every_event_of_a_source_is_documented(source: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text()
    assert [name for name in load("sources", source).properties if f"`{name}`" not in page] == []


def test_every_property_of_the_shop_and_booking_sources_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text()
    listed_names = {
        name
        for source in ("calcom", "calendly", "ses", "stripe", "woocommerce", "cafe24")
        for names in load("sources", source).properties.values()
        for name in names
    }
    assert sorted(name for name in listed_names if f"`{name}" not in page) == []
