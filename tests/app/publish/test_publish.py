from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.definitions.documents import BadDefinitions
from kairos.app.ports import Pause, Pointer
from kairos.app.publish.bundle import VERSIONS_MAX
from kairos.app.publish.publish import Publish
from kairos.app.publish.published import NothingBefore, NothingLive
from kairos.app.publish.release import Release
from kairos.domain.errors import BadInput, Unavailable, VersionConflict
from kairos.memory import MemoryDrafts, MemoryReleases
from tests.app.brands import brand, journey, segment, small_drafts, template

NOW = datetime(2026, 11, 22, tzinfo=UTC)
H = timedelta(hours=1)


def published(
    *found: tuple[str, str, Any], ids: list[str] | None = None
) -> tuple[Publish, MemoryDrafts, MemoryReleases]:
    drafts, releases = small_drafts(*found), MemoryReleases()
    publish = Publish(drafts, releases)
    publish.publish(ids, NOW)
    return publish, drafts, releases


def live(releases: MemoryReleases) -> Release:
    pointer = releases.pointer()
    assert pointer is not None
    return Release(releases.bundle(pointer.release), pointer)


def subject(releases: MemoryReleases, id: str = "hello") -> str:
    found = live(releases).template(id)
    assert found is not None
    return str(found["email"]["subject"])


def test_the_first_publish_takes_the_brand_and_the_templates_that_the_journey_uses() -> None:
    unused = ("template", "unused", template())
    _, _, releases = published(("journey", "welcome", journey()), unused, ids=["welcome"])
    release = live(releases)
    assert release.brand["name"] == "Spring"
    assert release.index.triggered_by("signed_up")[0].id == "welcome"
    assert release.template("hello") is not None
    assert release.template("unused") is None


def test_a_journey_brings_segments_through_segments() -> None:
    steps = [{"branch": [{"if": {"segment": "outer"}, "steps": [{"send": "hello"}]}]}]
    outer = segment("outer", **{"not": {"segment": "inner"}})
    _, _, releases = published(
        ("journey", "welcome", journey(steps=steps)),
        ("segment", "outer", outer),
        ("segment", "inner", segment("inner")),
        ("segment", "other", segment("other")),
        ids=["welcome"],
    )
    assert set(live(releases).segments) == {"outer", "inner"}


def test_what_is_live_as_it_is_written_neither_changes_nor_waits() -> None:
    """A template for one channel has no order of preference to differ in."""
    single = {"email": {"subject": "Hello", "text": "Good to see you."}}
    publish, drafts, _ = published(("journey", "welcome", journey()), ("template", "single", single))
    drafts.put("journey", "welcome", journey(holdout="5%"))
    outcome = publish.publish(["welcome"], NOW)
    assert outcome.changed == ("journey/welcome",)
    assert outcome.waiting == ()


def test_what_is_not_named_stays_as_it_is_and_is_said_to_wait() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("brand", "brand", brand(name="Summer"))
    drafts.put("journey", "welcome", journey(holdout="5%"))
    outcome = publish.publish(["welcome"], NOW)
    assert outcome.changed == ("journey/welcome",)
    assert outcome.waiting == ("brand",)
    assert live(releases).brand["name"] == "Spring"


def test_publishing_again_without_a_change_moves_nothing() -> None:
    publish, _, releases = published(("journey", "welcome", journey()))
    before = releases.pointer()
    assert publish.publish(None, NOW).changed == ()
    assert releases.pointer() == before
    assert releases.history() == []


def test_a_new_year_of_holidays_alone_is_no_change() -> None:
    steps = [{"wait_until": {"time": "09:00", "business_day": True}}, {"send": "hello"}]
    publish, _, releases = published(("journey", "welcome", journey(steps=steps)))
    assert publish.publish(None, NOW.replace(year=2027)).changed == ()
    assert "2027-12-25" in live(releases).bundle["holidays"]["KR"]


def test_a_changed_journey_gets_the_next_version_and_the_former_one_stays() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("journey", "welcome", journey(holdout="5%"))
    publish.publish(["welcome"], NOW)
    release = live(releases)
    now, former = release.journey("welcome"), release.journey("welcome", 1)
    assert now is not None
    assert (now.version, now.holdout) == (2, 0.05)
    assert former is not None
    assert (former.version, former.holdout) == (1, 0)


def test_an_invalid_draft_never_touches_what_is_live() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    before = releases.pointer()
    drafts.put("journey", "welcome", journey(steps=[{"wiat": "1h"}]))
    with pytest.raises(BadDefinitions) as refused:
        publish.publish(["welcome"], NOW)
    assert [(problem.file, problem.path) for problem in refused.value.problems] == [("journey/welcome", "steps.0")]
    assert releases.pointer() == before


def test_an_invalid_draft_does_not_hold_up_another_journey() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("journey", "broken", {"id": "broken"})
    drafts.put("journey", "second", journey("second"))
    publish.publish(["second"], NOW)
    assert live(releases).journey("second") is not None
    assert live(releases).journey("broken") is None


def test_a_template_that_takes_a_channel_from_a_live_journey_is_refused() -> None:
    steps = [{"send": "hello", "channel": "sms"}]
    publish, drafts, releases = published(("journey", "welcome", journey(steps=steps)))
    drafts.put("template", "hello", {"email": {"subject": "Hi", "text": "Hi"}})
    with pytest.raises(BadDefinitions, match="has no sms part"):
        publish.publish(["template/hello"], NOW)
    assert "sms" in live(releases).bundle["templates"]["hello"]


def test_every_problem_is_named_at_once() -> None:
    drafts = small_drafts(("journey", "one", journey("one", steps=[])), ("journey", "two", journey("two", holdout=5)))
    with pytest.raises(BadDefinitions) as refused:
        Publish(drafts, MemoryReleases()).publish(None, NOW)
    assert {problem.file for problem in refused.value.problems} == {"journey/one", "journey/two"}


def test_an_id_that_no_draft_has_is_refused_with_the_nearest() -> None:
    publish, _, _ = published(("journey", "welcome", journey()))
    with pytest.raises(BadInput, match="did you mean 'welcome'"):
        publish.publish(["welcom"], NOW)


def test_email_without_a_sender_cannot_be_published() -> None:
    drafts = small_drafts(("journey", "welcome", journey()))
    drafts.put("brand", "brand", {"name": "Spring", "timezone": "Asia/Seoul"})
    with pytest.raises(BadDefinitions, match=r"sender\.email"):
        Publish(drafts, MemoryReleases()).publish(None, NOW)


def test_a_law_pack_that_would_let_no_message_go_stops_the_publish() -> None:
    sender = {"name": "Spring", "email": "hello@example.com"}
    drafts = small_drafts(("journey", "welcome", journey(steps=[{"send": "hello", "channel": "sms"}])))
    drafts.put("brand", "brand", brand(policies=["kr"], sender=sender))
    with pytest.raises(BadDefinitions, match="no marketing sms would be sent: kr asks for"):
        Publish(drafts, MemoryReleases()).publish(None, NOW)
    drafts.put("brand", "brand", brand(policies=["kr"]))
    Publish(drafts, MemoryReleases()).publish(None, NOW)


def test_a_channel_that_the_law_closes_is_a_warning_where_another_is_open() -> None:
    sender = {"name": "Spring", "email": "hello@example.com", "contact": "02-000-0000"}
    drafts = small_drafts(("journey", "welcome", journey()))
    drafts.put("brand", "brand", brand(policies=["kr"], sender=sender))
    closed, *untold = Publish(drafts, MemoryReleases()).publish(None, NOW).warnings
    assert closed.message.startswith("no marketing sms would be sent: kr asks for")
    assert [each.message.partition(":")[0] for each in untold] == ["kr"] * len(untold)
    assert ["§50⑦" in each.message for each in untold[:3]] == [True, True, False], "no notices of consent either"


def test_a_country_without_known_holidays_is_refused_at_its_place() -> None:
    steps = [{"wait_until": {"time": "09:00", "business_day": True}}, {"send": "hello"}]
    drafts = small_drafts(("journey", "welcome", journey(steps=steps)))
    drafts.put("brand", "brand", brand(country="XX"))
    with pytest.raises(BadDefinitions) as refused:
        Publish(drafts, MemoryReleases()).publish(None, NOW)
    assert [problem.path for problem in refused.value.problems] == ["country"]


def test_pausing_and_stopping_move_the_pointer_only() -> None:
    publish, _, releases = published(("journey", "welcome", journey()))
    release = live(releases).id
    held, all_of_it = {"welcome": Pause(NOW)}, {"*": Pause(NOW + H)}
    assert publish.pause("welcome", NOW).pointer == Pointer(release, frozenset({"welcome"}), pauses=held)
    assert publish.stop_all(NOW + H).pointer == Pointer(
        release, frozenset({"welcome"}), stopped=True, pauses=held | all_of_it
    )
    over = {"welcome": Pause(NOW, NOW + 2 * H, "skip")}
    assert publish.resume("welcome", NOW + 2 * H, "skip").pointer == Pointer(
        release, stopped=True, pauses=over | all_of_it
    )
    over |= {"*": Pause(NOW + H, NOW + 3 * H, "send")}
    assert publish.start_all(NOW + 3 * H, "send").pointer == Pointer(release, pauses=over)
    assert live(releases).pause_over("welcome", NOW + 2 * H) == Pause(NOW + H, NOW + 3 * H, "send")
    assert live(releases).pause_over("other", NOW + 3 * H) is None


def test_a_pause_that_was_over_a_month_ago_is_forgotten() -> None:
    publish, _, _ = published(("journey", "welcome", journey()))
    publish.pause("welcome", NOW)
    publish.resume("welcome", NOW + H, "send")
    assert set(publish.stop_all(NOW + timedelta(days=30)).pointer.pauses) == {"welcome", "*"}
    publish.start_all(NOW + timedelta(days=30), "send")
    assert set(publish.stop_all(NOW + timedelta(days=31)).pointer.pauses) == {"*"}


def test_doing_it_twice_is_doing_it_once() -> None:
    publish, _, releases = published(("journey", "welcome", journey()))
    publish.pause("welcome", NOW)
    moves = len(releases.history())
    publish.pause("welcome", NOW)
    publish.start_all(NOW, "skip")
    assert len(releases.history()) == moves


def test_publishing_lifts_neither_pause_nor_stop() -> None:
    publish, drafts, _ = published(("journey", "welcome", journey()))
    publish.pause("welcome", NOW)
    publish.stop_all(NOW)
    drafts.put("journey", "welcome", journey(holdout="5%"))
    pointer = publish.publish(["welcome"], NOW).pointer
    assert (pointer.paused, pointer.stopped) == (frozenset({"welcome"}), True)


def test_only_a_published_journey_can_be_paused() -> None:
    publish, _, _ = published(("journey", "welcome", journey()))
    with pytest.raises(BadInput, match="one of: welcome"):
        publish.pause("unknown", NOW)


@pytest.mark.parametrize("act", [lambda publish: publish.stop_all(NOW), lambda publish: publish.start_all(NOW, "skip")])
def test_before_the_first_publish_there_is_nothing_to_stop(act: Callable[[Publish], object]) -> None:
    with pytest.raises(NothingLive):
        act(Publish(MemoryDrafts(), MemoryReleases()))


def test_a_version_that_is_kept_no_longer_is_warned_of() -> None:
    publish, drafts, _ = published(("journey", "welcome", journey()))
    for number in range(VERSIONS_MAX + 1):
        drafts.put("journey", "welcome", journey(steps=[{"wait": f"{number + 1}h"}, {"send": "hello"}]))
        outcome = publish.publish(None, NOW)
    (warning,) = outcome.warnings
    assert (warning.file, warning.warning) == ("journey/welcome", True)
    assert warning.message.startswith("version 2 is no longer kept")


def test_a_rollback_brings_back_what_was_live_and_keeps_the_newer_version_for_those_in_it() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("template", "offer", template())
    drafts.put("journey", "welcome", journey(steps=[{"send": "offer"}]))
    publish.publish(["welcome"], NOW)
    publish.rollback(NOW)
    release = live(releases)
    now = release.journey("welcome")
    assert now is not None
    assert now.version == 1
    assert release.journey("welcome", 2) is not None
    assert release.template("offer") is not None


def test_after_a_rollback_a_new_document_gets_a_number_that_was_never_given() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("journey", "welcome", journey(holdout="5%"))
    publish.publish(["welcome"], NOW)
    publish.rollback(NOW)
    drafts.put("journey", "welcome", journey(holdout="7%"))
    publish.publish(["welcome"], NOW)
    now = live(releases).journey("welcome")
    assert now is not None
    assert now.version == 3


def test_rolling_back_again_goes_further_back() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    for text in ("two", "three"):
        drafts.put("template", "hello", template(email={"subject": text, "text": text}))
        publish.publish(None, NOW)
    publish.pause("welcome", NOW)
    found = []
    for _ in range(2):
        publish.rollback(NOW)
        found.append(subject(releases))
    assert found == ["two", "Hello"]
    assert live(releases).paused == {"welcome"}
    with pytest.raises(NothingBefore):
        publish.rollback(NOW)


def test_publishing_after_a_rollback_and_rolling_back_returns_to_where_it_was() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    for text in ("bad", "worse"):
        drafts.put("template", "hello", template(email={"subject": text, "text": text}))
        publish.publish(None, NOW)
    publish.rollback(NOW)
    publish.rollback(NOW)
    drafts.put("template", "hello", template(email={"subject": "better", "text": "x"}))
    publish.publish(None, NOW)
    publish.rollback(NOW)
    assert subject(releases) == "Hello"


def test_a_rollback_of_a_first_journey_takes_it_out_of_what_is_live() -> None:
    publish, drafts, releases = published(("journey", "welcome", journey()))
    drafts.put("journey", "second", journey("second"))
    publish.publish(None, NOW)
    outcome = publish.rollback(NOW)
    assert outcome.changed == ("journey/second (no longer live)",)
    release = live(releases)
    assert release.journey("second") is None
    assert release.journey("second", 1) is not None
    assert [found.id for found in release.index.triggered_by("signed_up")] == ["welcome"]


class Contended(MemoryReleases):
    """Releases whose pointer somebody else moves just before the first `times` moves of ours."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def point(self, new: Pointer, old: Pointer | None) -> None:
        if old is not None and self.times:
            self.times -= 1
            super().point(Pointer(old.release, old.paused ^ {"somebody"}, old.stopped), old)
        super().point(new, old)


def contended(times: int) -> tuple[Publish, MemoryDrafts, Contended]:
    drafts, releases = small_drafts(("journey", "welcome", journey())), Contended(times)
    publish = Publish(drafts, releases)
    publish.publish(None, NOW)
    return publish, drafts, releases


def test_a_stop_wins_against_another_writer_and_keeps_what_that_one_wrote() -> None:
    publish, _, releases = contended(1)
    publish.stop_all(NOW)
    pointer = releases.pointer()
    assert pointer is not None
    assert pointer.stopped
    assert pointer.paused == {"somebody"}


def test_a_publish_that_comes_second_builds_on_what_came_first() -> None:
    publish, drafts, releases = contended(1)
    drafts.put("journey", "welcome", journey(holdout="5%"))
    assert publish.publish(["welcome"], NOW).pointer.paused == {"somebody"}
    assert releases.pointer() == Pointer(live(releases).id, frozenset({"somebody"}))


def test_a_pointer_that_never_rests_is_given_up_aloud() -> None:
    publish, _, _ = contended(99)
    with pytest.raises(VersionConflict):
        publish.stop_all(NOW)


def test_problems_are_written_beside_each_draft() -> None:
    drafts = small_drafts(("journey", "welcome", journey(steps=[{"send": "helo"}])), ("segment", "vip", segment("vip")))
    Publish(drafts, MemoryReleases()).validate()
    (problem,) = drafts.problems["journey", "welcome"]
    assert (problem["path"], problem["warning"]) == ("steps.0.send", False)
    assert "did you mean 'hello'?" in problem["message"]
    assert drafts.problems["segment", "vip"] == []


def test_mending_a_template_clears_the_problem_of_the_journey_that_sends_it() -> None:
    drafts = small_drafts(("journey", "welcome", journey(steps=[{"send": "offer"}])))
    publish = Publish(drafts, MemoryReleases())
    assert publish.validate()["journey", "welcome"]
    drafts.put("template", "offer", template())
    publish.validate()
    assert drafts.problems["journey", "welcome"] == []


@pytest.mark.parametrize("document", [None, 7, "text", [1], {"id": 5}, {"id": "x" * 400_000}, {"": {"": "\ud800"}}])
def test_whatever_stands_in_a_draft_is_a_problem_of_that_draft_alone(document: Any) -> None:
    drafts = small_drafts(("journey", "welcome", journey()))
    drafts.documents["journey", "odd"] = document
    drafts.documents["template", "odd"] = document
    found = Publish(drafts, MemoryReleases()).validate()
    assert found["journey", "odd"]
    assert found["template", "odd"]
    assert not found["journey", "welcome"]


def test_a_draft_called_otherwise_than_its_document_is_told() -> None:
    drafts = small_drafts(("journey", "other", journey()))
    (problem,) = Publish(drafts, MemoryReleases()).validate()["journey", "other"]
    assert (problem.path, problem.message) == ("id", "expected 'other', as the item is called")


class Source:
    """Who takes announcements out of their queue: what was said of it, and how the pointer stood then."""

    def __init__(self, releases: MemoryReleases) -> None:
        self.releases = releases
        self.said: list[tuple[bool, bool]] = []
        self.fails = False

    def wake(self, *, awake: bool) -> None:
        if self.fails:
            raise Unavailable("announcements", "ResourceInUseException")
        pointer = self.releases.pointer()
        listens = bool(pointer and self.releases.bundle(pointer.release)["brand"].get("webhooks"))
        self.said.append((awake, listens))


def test_announcements_are_taken_out_of_their_queue_while_somebody_listens_and_else_nobody_asks() -> None:
    drafts, releases = small_drafts(("journey", "welcome", journey())), MemoryReleases()
    source = Source(releases)
    publish = Publish(drafts, releases, announcements=source)
    publish.publish(None, NOW)
    publish.renew(NOW)
    assert source.said == [], "a brand without webhooks costs no call"
    drafts.put("brand", "brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed"]}]))
    publish.dry().publish(None, NOW)
    assert source.said == []
    publish.publish(None, NOW)
    assert source.said == [(True, False)], "before the first can be announced"
    publish.renew(NOW)
    assert source.said.pop() == (True, True), "a deployment may have put it to sleep"
    drafts.put("brand", "brand", brand())
    publish.publish(None, NOW)
    assert source.said == [(True, False), (False, False)], "after the last may have been announced"


def test_nothing_goes_live_that_nobody_would_hear_of() -> None:
    drafts, releases = small_drafts(("journey", "welcome", journey())), MemoryReleases()
    source = Source(releases)
    publish = Publish(drafts, releases, announcements=source)
    publish.publish(None, NOW)
    before = releases.pointer()
    drafts.put("brand", "brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed"]}]))
    source.fails = True
    with pytest.raises(Unavailable):
        publish.publish(None, NOW)
    assert releases.pointer() == before
