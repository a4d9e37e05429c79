"""`kairos sources`: what is connected, and whether it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.deliver.receiver_state import ReceiverState
from kairos.app.heard import Heard
from kairos.app.ports import Pointer
from kairos.app.publish.live import EMPTY_BUNDLE
from kairos.app.sync.state import SyncState
from kairos.cli.failure import WRONG
from kairos.sources._pulling import Told
from tests.cli.memory_deployment import NOW, MemoryDeployment, runner

READ = SyncState(
    "ical",
    "studio",
    first_at=NOW - timedelta(days=9),
    synced_at=NOW - timedelta(minutes=10),
    event_at=NOW - timedelta(hours=5),
    next_at=NOW + timedelta(minutes=5),
    told={"a": Told("m", NOW), "b": Told("m", NOW)},
)


@pytest.fixture
def deployment() -> MemoryDeployment:
    made = MemoryDeployment()
    for source, connection in (("ical", "studio"), ("shopify", "main"), ("webhook", "crm")):
        made.secrets.write(source, connection, {"secrets": ["https://calendar.example.com/private.ics"]})
    return made


def test_each_connection_says_how_it_is_told_of_things(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.sync_states.save(READ)
    assert runner(deployment)("sources") == 0
    shown = capsys.readouterr().out
    ical, shopify = (next(line for line in shown.splitlines() if name in line) for name in ("ical/", "shopify/"))
    assert f"{READ.synced_at:%Y-%m-%d %H:%M}" in ical
    assert "webhooks" in shopify
    assert "crm" not in shown
    assert "private.ics" not in shown


def test_one_that_fails_says_why_and_one_that_is_silent_makes_the_command_fail(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = replace(READ, errors=3, error="it answers 404", left_out=2)
    kept = deployment.sync_states.save(failing)
    assert runner(deployment)("sources") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 times" in shown
    assert "404" in shown
    deployment.sync_states.save(replace(kept, synced_at=NOW - timedelta(days=2)))
    assert runner(deployment)("sources") == WRONG


def test_one_that_was_never_read_says_so(deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner(deployment)("sources") == 0
    assert "never" in capsys.readouterr().out


def test_without_connections_the_way_to_one_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner(MemoryDeployment())("sources") == 0
    assert "kairos connect" in capsys.readouterr().out


def test_one_with_webhooks_says_whether_it_can_be_read_too_and_what_the_vendor_has_switched_off(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    runner(deployment)("sources")
    assert "shopify/main: sends webhooks, and cannot be read: no API key" in capsys.readouterr().out
    deployment.secrets.write("calendly", "main", {"secrets": ["s"], "api_key": "k"})
    deployment.sync_states.save(replace(READ, source="calendly", connection="main", warning="it is switched off"))
    runner(deployment)("sources")
    shown = capsys.readouterr().out
    assert "calendly/main: read" in shown
    assert "it is switched off" in shown


def listening(deployment: MemoryDeployment) -> None:
    brand = {"timezone": "UTC", "webhooks": [{"to": "crm", "events": ["unsubscribed", "message_sent"]}]}
    release = deployment.releases.put_bundle({**EMPTY_BUNDLE, "brand": brand})
    deployment.releases.point(Pointer(release), deployment.releases.pointer())


def test_a_webhook_that_listens_says_how_it_does(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.sync_states.save(READ)
    listening(deployment)
    assert runner(deployment)("sources") == 0
    assert "webhook/crm: hears of 2 types of engine events" in capsys.readouterr().out
    failing = ReceiverState().failed("status 503", NOW - timedelta(minutes=10))
    deployment.receiver_states.save("crm", failing)
    assert runner(deployment)("sources") == 0
    assert "1 times in a row: status 503" in " ".join(capsys.readouterr().out.split())
    deployment.receiver_states.save("crm", replace(failing, failing_since=NOW - timedelta(hours=2), lost=7))
    assert runner(deployment)("sources") == WRONG
    assert "7 events were given up" in " ".join(capsys.readouterr().out.split())


def test_a_webhook_that_is_gone_is_said_until_it_is_connected_again(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.sync_states.save(READ)
    listening(deployment)
    deployment.receiver_states.save("crm", ReceiverState(gone_at=NOW, error="status 410"))
    assert runner(deployment)("sources") == WRONG
    assert "answered 410" in " ".join(capsys.readouterr().out.split())
    again = ("connect", "webhook", "crm", "--generate", "--set", "url=https://crm.example.com/kairos")
    assert runner(deployment)(*again) == 0
    assert deployment.receiver_states.read("crm") == ReceiverState()


def test_one_that_sends_webhooks_says_when_it_last_did_and_what_was_refused(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner(deployment)("sources") == 0
    assert "nothing has come yet" in capsys.readouterr().out
    heard = Heard("shopify", "main", event_at=NOW - timedelta(hours=3), times=99, events=1_234)
    deployment.heard_of.save(heard.with_refusals(2, NOW - timedelta(hours=1), "the signature proves nothing"))
    assert runner(deployment)("sources") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"last event {NOW - timedelta(hours=3):%Y-%m-%d %H:%M} (UTC), 1,234 in all" in shown
    assert "refused 2 requests" in shown
    assert "(the signature proves nothing); nothing else has come since" in shown


def test_one_that_is_silent_for_longer_than_is_usual_makes_the_command_fail(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = timedelta(hours=20)
    deployment.heard_of.save(Heard("shopify", "main", event_at=NOW - timedelta(hours=41), times=99, longest=usual))
    assert runner(deployment)("sources") == WRONG
    assert "silent for 1d17h: after 1d16h that is too long" in " ".join(capsys.readouterr().out.split())
    deployment.secrets.write("shopify", "main", {"secrets": ["s"], "silent_after": "2d"})
    assert runner(deployment)("sources") == 0
