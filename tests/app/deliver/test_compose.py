"""The words of a message, and what it is about, are chosen as it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kairos.domain.profile import Entry
from kairos.registry import Occasion
from tests.app.delivery import BRAND, NOON, World

M = timedelta(minutes=1)


SPOKEN = {
    "hello": {
        "email": {"subject": "안녕", "text": "{% render 'footer' %}"},
        "languages": {"en": {"email": {"subject": "Hi", "text": "{{ 9000 | money }} {% render 'footer' %}"}}},
        "variants": [
            {"id": "rain", "if": {"field": "weather", "eq": "rain"}, "email": {"subject": "비", "text": "비"}}
        ],
    },
    "footer": {"partial": {"text": "끝"}, "languages": {"en": {"partial": {"text": "end"}}}},
}


def test_the_words_are_chosen_as_the_message_goes_and_the_report_says_which() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    [passage] = world.customer.enrollments.values()
    world.customer.enrollments[passage.id] = replace(passage, properties={"weather": "rain"})
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts["subject"] == "비"
    said = world.reports()[0].properties
    assert (said["template"], said["variant"], said["language"]) == ("hello", "rain", "ko")
    assert world.ledger.rows["m1"].words == {key: said[key] for key in ("template", "variant", "language", "content")}


def test_a_customers_language_is_spoken_by_template_partials_and_filters() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    world.customer.traits["locale"] = "en-US"
    world.save()
    world.run()
    assert world.channel.taken[0].rendered.parts == {"subject": "Hi", "text": "₩9,000 end"}


def test_a_variant_that_was_taken_away_is_not_sent_any_more() -> None:
    world = World()
    world.publish(BRAND, SPOKEN)
    hello = {key: part for key, part in SPOKEN["hello"].items() if key != "variants"}
    world.publish(BRAND, {**SPOKEN, "hello": hello})
    world.run()
    assert world.channel.taken[0].rendered.parts["text"] == "끝"
    assert "variant" not in world.reports()[0].properties


def _about(*former: str, id: str = "b1", cancelled: bool = False) -> Occasion | None:
    world = World()
    entry = Entry("booking", id, NOON + 5 * M, None, {}, NOON - M, cancelled, former)
    [passage] = world.customer.enrollments.values()
    world.customer.entries[entry.key] = entry
    world.customer.enrollments[passage.id] = replace(passage, entry=entry.key)
    world.save()
    world.run()
    return world.channel.taken[0].occasion


def test_a_booking_that_moved_under_a_new_id_is_still_the_same_occasion() -> None:
    first, moved, other = _about(), _about("b1", id="b2"), _about(id="b3")
    assert first is not None
    assert moved is not None
    assert other is not None
    assert first.uid == moved.uid != other.uid
    assert (first.starts_at, first.told_at, first.cancelled) == (NOON + 5 * M, NOON - M, False)


def test_a_message_about_a_cancelled_booking_says_so_and_one_about_none_says_nothing() -> None:
    cancelled = _about(cancelled=True)
    assert cancelled is not None
    assert cancelled.cancelled
    world = World()
    world.run()
    assert world.channel.taken[0].occasion is None
