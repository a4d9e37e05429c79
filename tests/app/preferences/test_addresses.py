"""What a link proves, and what it does not: its reader sees what was sent to one address, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kairos.app.preferences.preferences import Preferences
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import Refusal
from kairos.domain.consent import Consent
from tests.app.preferences.test_centre import ANN, ASKS, DAY, LINKS, NOW, Form, World


def test_a_forwarded_e_mail_subscribes_nobodys_telephone() -> None:
    world = World(ANN, ASKS)
    page = world.centre.change(world.token(), b"act=save&was=email&was=kakao&on=email&on=kakao&on=sms", "ko").body
    (event,) = world.events()
    assert (event.name, event.consent) == ("consent_requested", None)
    assert event.properties == {"channel": "sms", "purpose": "marketing"}
    assert not world.heard().consents["sms", "marketing"].given
    assert Form(page).boxes == {"email": True, "sms": False, "kakao": True}
    assert "문자 메시지: 확인 메시지를 보내 드렸습니다" in page


def test_the_word_is_given_at_the_other_address_and_counts_from_there() -> None:
    world = World(ANN, ASKS)
    world.post(act="save", was=["email", "kakao"], on=["email", "kakao", "sms"])
    asked = world.heard()
    assert [message.channel for message in asked.messages.values()] == ["sms"]
    token = LINKS.confirm_url(Refusal("sms", world.suppressions.hash_address("+821055500143"), "profile-1", "m-2"))
    profiles = LiveProfiles(world.customers.read)
    page = Preferences(world.suppressions, world.inbox, LINKS, lambda: "", world.clock, profiles, world.addresses).stop(
        token.rpartition("/")[2]
    )
    assert page.facts["outcome"] == "confirmed"
    consent = world.heard().consents["sms", "marketing"]
    assert (consent.given, consent.confirmed, consent.wording) == (True, True, "confirmation-page-1")


def test_a_link_by_text_message_proves_the_number_for_both_channels_that_use_it() -> None:
    world = World(replace(ANN, consents={}), ASKS)
    world.post(world.token("sms", "+821055500143"), act="save", was=[], on=["email", "sms"])
    assert world.words() == [("consent_given", "sms", "marketing")]
    assert [e.properties.get("channel") for e in world.events() if e.name == "consent_requested"] == ["email"]
    kakao = World(replace(ANN, consents={("kakao", "marketing"): Consent(False, NOW - DAY)}), ASKS)
    kakao.post(kakao.token("sms", "+821055500143"), act="save", was=[], on=["kakao"])
    assert kakao.words() == [("consent_given", "kakao", "marketing")]


def test_an_old_mailbox_agrees_to_nothing_at_the_new_address_and_may_still_refuse() -> None:
    world = World(replace(ANN, consents={}), ASKS)
    old = world.token("email", "ann@old.example.com")
    world.post(old, act="save", was=[], on=["email"])
    assert [event.name for event in world.events()] == ["consent_requested"]
    world.post(old, act="stop")
    assert ("consent_withdrawn", "email", "marketing") in world.words()


def test_where_no_journey_asks_the_box_is_locked_and_a_forged_tick_says_nothing() -> None:
    for world in (World(), World(ANN, {**ASKS, "trigger": {"event": "consent_given"}})):
        page = world.centre.show(world.token(), "ko").body
        assert Form(page).locked == {"sms"}
        assert "이 링크로는 신청할 수 없음" in page
        answer = world.centre.change(world.token(), b"act=save&was=email&was=kakao&on=email&on=kakao&on=sms", "en")
        assert world.events() == []
        assert "This link cannot say it for: Text messages" in answer.body


def test_a_paused_journey_asks_nobody() -> None:
    world = World(ANN, ASKS)
    world.release = world.release.standing(replace(world.release.pointer, paused=frozenset({"consent-confirm"})))
    assert Form(world.centre.show(world.token()).body).locked == {"sms"}


def test_however_often_it_is_ticked_one_message_a_day_asks() -> None:
    world = World(ANN, ASKS)
    for _ in range(5):
        world.post(act="save", was=["email", "kakao"], on=["email", "kakao", "sms"])
        world.clock.advance(timedelta(minutes=30))
    assert len(world.events()) == 5
    assert len(world.heard().messages) == 1
