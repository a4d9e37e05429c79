"""A campaign of text messages that runs into the night, through every function: two go, the others wait for the morning
and then go at the rate; what is owed goes at once; and four ways in which somebody is spared on the way.

The same over dictionaries, under every fault, is in `tests/simulation/test_histories.py`.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kairos.aws.codec import read_state
from kairos.domain.profile import Profile
from kairos.local.call import Call
from kairos.local.cloud import LocalCloud
from kairos.local.demo import connect, publish
from kairos.local.demo_shop import SECRETS
from kairos.local.entropy import seeded
from kairos.sources.imports import PEOPLE_MAX
from tests.loop.shop import is_clean
from tests.sources.bodies import webhook

BEGINS = datetime(2026, 3, 2, 11, 59, 58, tzinfo=UTC)  # 20:59:58 in Seoul
NIGHT = BEGINS.replace(hour=12, minute=0, second=0)
MORNING = NIGHT + timedelta(hours=11)
S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
OFFER, THANKS = "Spring sale", "Thank you"
IMPORTS_SECRET = "whsec_" + "QUJD" * 8
BRAND: Mapping[str, Any] = {
    "brand.yaml": {
        "name": "Night Shop",
        "timezone": "Asia/Seoul",
        "country": "KR",
        "policies": [],
        "quiet_hours": {"sms": "21:00-08:00"},
        "rates": {"sms": {"per_second": 1}},
    },
    "journeys/campaign.yaml": {
        "id": "campaign",
        "class": "marketing",
        "trigger": {"event": "invited"},
        "steps": [{"send": "offer"}],
    },
    "journeys/receipt.yaml": {
        "id": "receipt",
        "class": "transactional",
        "trigger": {"event": "paid"},
        "steps": [{"send": "thanks"}],
    },
    "templates/offer.yaml": {"sms": {"text": OFFER}},
    "templates/thanks.yaml": {"sms": {"text": THANKS}},
}


class Night:
    """The stack with one campaign, and so many people who agreed to it."""

    withdrew = suppressed = refused = unanswered = ""
    """Who was spared on the way, or whose message was in doubt, by phone."""

    def __init__(self, cloud: LocalCloud, people: int) -> None:
        self.cloud, self.people = cloud, people
        agreed = {"channel": "sms", "given": True, "at": "2026-03-01T00:00:00Z"}
        rows = [{"phone": phone(n), "consents": [agreed]} for n in range(people)]
        for start in range(0, people, PEOPLE_MAX):
            self.imports(people=rows[start : start + PEOPLE_MAX])

    def imports(self, *, settle: bool = True, **body: Any) -> None:
        """Let the shop's lists arrive, as `kairos import` and `kairos suppressions import` send them."""
        raw = json.dumps(body).encode()
        headers = webhook(raw, IMPORTS_SECRET, self.cloud.now)
        answer = self.cloud.http("POST", "/v1/webhooks/imports/main", headers, raw, settle=settle)
        assert answer.status == 202, answer.text

    def say(self, event: str, *numbers: int) -> None:
        """Let the shop's server say that something happened to customers, now."""
        calls = [
            {"type": "track", "messageId": f"{event}-{n}", "event": event, "context": {"traits": {"phone": phone(n)}}}
            for n in numbers
        ]
        key = base64.b64encode(f"{SECRETS['track/main']['secrets'][0]}:".encode()).decode()
        for start in range(0, len(calls), 50):
            body = {"batch": calls[start : start + 50]}
            answer = self.cloud.http("POST", "/v1/batch", {"authorization": f"Basic {key}"}, body, settle=False)
            assert answer.status == 202, answer.text
        self.cloud.settle()

    def begin(self) -> None:
        """Let the campaign start: a quarter of the people a second, over nine o'clock."""
        for second in range(4):
            self.cloud.advance(to=BEGINS + second * S)
            self.say("invited", *(n for n in range(self.people) if n * 4 // self.people == second))

    def refuse(self, number: str, *, settle: bool = True) -> None:
        """Let a number stand on the list of those who called to refuse."""
        self.imports(stops=[{"channel": "sms", "address": number}], settle=settle)

    def refuse_at_the_claim(self) -> None:
        """Let the next person for whom `deliver` claims a message refuse before it goes on."""
        phones = self.phones()

        def gate(call: Call) -> None:
            claims = call.function == "deliver" and call.operation == "PutItem"
            if claims and not self.refused and call.params["TableName"] == self.cloud.outputs["MessagesTable"]:
                self.refused = phones[json.loads(call.params["Item"]["details"]["S"])["profile"]]
                self.refuse(self.refused, settle=False)

        self.cloud.parts.wire.gates.append(gate)

    def phones(self) -> dict[str, str]:
        """Return every customer's phone, by profile."""
        rows = [row for row in self.cloud.tables["contacts"] if "f#phone" in row]
        return {str(row["profile"]): str(json.loads(str(row["f#phone"]).partition("|")[2])) for row in rows}

    def profiles(self) -> dict[str, Profile]:
        """Return every customer, by phone."""
        phones, rows = self.phones(), self.cloud.tables["customers"]
        found = (read_state(row["state"], int(row["schema"]), int(row["version"])) for row in rows)
        return {phones[profile.id]: profile for profile in found}

    def sent(self, text: str) -> list[datetime]:
        """Return when a text went out."""
        return [sms.at for sms in self.cloud.sms if sms.text == text]

    def reached(self) -> list[str]:
        """Return who has the advertisement, by phone, as often as they have it."""
        return sorted(sms.to for sms in self.cloud.sms if sms.text == OFFER)

    def waiting(self) -> list[str]:
        """Return who has no advertisement yet, by phone."""
        return sorted({phone(n) for n in range(self.people)}.difference(self.reached()))

    def reasons(self, number: str) -> list[str]:
        """Return why a customer was not sent something."""
        return [reason.reason for reason in self.profiles()[number].log if reason.kind == "not_sent"]

    def ledger(self, number: str) -> list[str]:
        """Return how each message to a customer stands in the ledger."""
        states = [(row, json.loads(str(row["details"]))) for row in self.cloud.tables["messages"] if "details" in row]
        phones = self.phones()
        return [str(row["state"]) for row, details in states if phones[details["profile"]] == number]

    def counted(self) -> Counter[str]:
        """Return how often the campaign entered, held and spared, as the customers' own items say."""
        logs = (one for profile in self.profiles().values() for one in profile.log if one.journey == "campaign")
        told = (one.reason if one.kind == "not_sent" else one.kind for one in logs)
        return Counter(word for word in told if word not in ("message", "exited"))


def phone(n: int) -> str:
    return f"+82105550{n:04d}"


@contextmanager
def opened(template: dict[str, Any], folder: Path, people: int) -> Iterator[Night]:
    """Run the stack with that many people, twenty minutes before the campaign."""
    for name, document in BRAND.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    rates = {"SyncRule": timedelta(days=1), "SweepRule": 3 * H}
    with seeded("night"), LocalCloud(template, BEGINS - 20 * M, rates=rates) as cloud:
        connect(cloud)
        name = f"{cloud.outputs['ConnectionsPrefix']}imports/main"
        settings = json.dumps({"secrets": [IMPORTS_SECRET], "country": "KR"})
        cloud.session.client("ssm").put_parameter(Name=name, Value=settings, Type="SecureString")
        publish(cloud, folder)
        yield Night(cloud, people)


def through_the_night(night: Night) -> None:
    """Let the campaign begin two seconds before nine, and see two go and the others held until eight."""
    cloud = night.cloud
    night.begin()
    cloud.advance(to=NIGHT + 30 * M)
    assert night.sent(OFFER) == [BEGINS, BEGINS + S]
    held = [m for profile in night.profiles().values() for m in profile.messages.values() if m.state == "held"]
    assert (len(held), {message.until for message in held}) == (night.people - 2, {MORNING})
    night.say("paid", 0)
    assert night.sent(THANKS) == [NIGHT + 30 * M], "what is owed goes at once"


def assert_at_the_rate(night: Night) -> None:
    """See that no advertisement went at night, and nothing faster than one a second."""
    assert not any(NIGHT <= at < MORNING for at in night.sent(OFFER))
    assert max(Counter(sms.at.replace(microsecond=0) for sms in night.cloud.sms).values()) == 1


@pytest.fixture(scope="module")
def morning(template: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A night of 28 people, of whom three are spared and one is in doubt, and a receipt in the rush of the morning."""
    with opened(template, tmp_path_factory.mktemp("night"), 28) as night:
        cloud = night.cloud
        through_the_night(night)
        night.withdrew = night.waiting()[-1]
        no = {"channel": "sms", "given": False, "at": "2026-03-02T12:30:00Z"}
        night.imports(people=[{"phone": night.withdrew, "consents": [no]}])
        cloud.advance(to=MORNING + 5 * S)
        night.suppressed = night.waiting()[-2]
        night.refuse(night.suppressed)
        cloud.advance(to=MORNING + 20 * S)
        night.say("paid", 1)
        cloud.advance(to=MORNING + 50 * S)
        night.refuse_at_the_claim()
        cloud.advance(to=MORNING + 3 * M)
        before = len(cloud.sms)
        cloud.fault("sns", "Publish", kind="lost")
        cloud.advance(to=MORNING + 3 * H)
        night.unanswered = cloud.sms[before].to
        cloud.advance(to=MORNING + 76 * H)
        yield night


def test_what_is_due_two_seconds_before_nine_goes_twice_and_the_rest_from_eight_at_the_rate(morning: Night) -> None:
    spared = {morning.withdrew, morning.suppressed, morning.refused}
    assert morning.reached() == sorted({phone(n) for n in range(morning.people)} - spared)
    assert_at_the_rate(morning)
    doubts = {"no consent": 1, "suppressed": 2, "unknown": 1}
    assert morning.counted() == {"entered": morning.people, "held": morning.people - 2, **doubts}
    assert (morning.cloud.denied, is_clean(morning.cloud)) == ([], True)


def test_what_is_owed_does_not_wait_behind_advertising(morning: Night) -> None:
    night, rush = morning.sent(THANKS)
    assert night == NIGHT + 30 * M
    assert rush - (MORNING + 20 * S) < 20 * S


def test_who_withdraws_while_it_is_held_gets_none(morning: Night) -> None:
    assert (morning.reasons(morning.withdrew), morning.ledger(morning.withdrew)) == (["no consent"], [])


def test_who_is_suppressed_while_it_is_queued_gets_none(morning: Night) -> None:
    assert (morning.reasons(morning.suppressed), morning.ledger(morning.suppressed)) == (["suppressed"], [])


def test_who_refuses_between_the_claim_and_the_call_gets_none_and_the_claim_is_given_back(morning: Night) -> None:
    assert morning.refused
    assert (morning.reasons(morning.refused), morning.ledger(morning.refused)) == (["suppressed"], [])


def test_what_the_provider_took_without_an_answer_is_not_repeated_and_closed_as_unknown(morning: Night) -> None:
    """SNS says nothing more of a text, so after 72 hours nobody will ever know."""
    assert morning.reached().count(morning.unanswered) == 1
    assert (morning.reasons(morning.unanswered), morning.ledger(morning.unanswered)) == (["unknown"], ["unknown"])


@pytest.mark.nightly
def test_five_hundred_are_reached_once_each_from_eight_on_at_one_a_second(
    template: dict[str, Any], tmp_path: Path
) -> None:
    with opened(template, tmp_path, 500) as night:
        through_the_night(night)
        night.cloud.advance(to=MORNING + 6 * H)
        assert night.reached() == sorted(map(phone, range(500)))
        assert_at_the_rate(night)
        assert night.counted() == {"entered": 500, "held": 498}
        assert (night.cloud.denied, is_clean(night.cloud)) == ([], True)
