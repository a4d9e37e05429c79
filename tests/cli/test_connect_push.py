"""`connect push`: credentials go to SNS and nowhere else."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from kairos.channels.push import Endpoints
from kairos.cli.connect_push import connect_push
from kairos.cli.devices import SnsDevices
from kairos.cli.failure import CannotDo
from tests.channels.test_push import APPLE, APPLICATIONS, TOKEN, FakeSns, _answered
from tests.cli.memory_deployment import MemoryDeployment

KEY = "-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----"
APP = {"key_id": "K1", "team_id": "T1", "bundle_id": "com.example.shop"}
ACCOUNT = json.dumps({"type": "service_account", "private_key": "x"})


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_apples_key_goes_to_sns_with_the_app_it_is_for(
    deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, KEY)
    assert connect_push(deployment, "apns", APP, from_stdin=True) == 0
    assert deployment.devices.applications["apns"] == {
        "PlatformCredential": KEY,
        "PlatformPrincipal": "K1",
        "ApplePlatformTeamID": "T1",
        "ApplePlatformBundleID": "com.example.shop",
    }
    assert deployment.secrets.kept == {}
    assert "PRIVATE" not in capsys.readouterr().out


def test_googles_account_goes_to_sns(deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, ACCOUNT)
    assert connect_push(deployment, "fcm", {}, from_stdin=True) == 0
    assert deployment.devices.applications == {"fcm": {"PlatformCredential": ACCOUNT}}


@pytest.mark.parametrize(
    ("service", "text", "settings", "says"),
    [
        ("hms", KEY, APP, "which service"),
        ("apns", KEY, {"key_id": "K1"}, "team_id, bundle_id"),
        ("apns", "x", APP, r"\.p8"),
        ("fcm", "x", {}, "service account"),
        ("fcm", "[]", {}, "service account"),
    ],
)
def test_what_is_no_credential_is_refused(
    deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch, service: str, text: str, settings: Any, says: str
) -> None:
    give(monkeypatch, text)
    with pytest.raises(CannotDo, match=says):
        connect_push(deployment, service, settings, from_stdin=True)
    assert deployment.devices.applications == {}


def test_credentials_are_never_typed(deployment: MemoryDeployment) -> None:
    with pytest.raises(CannotDo, match="file"):
        connect_push(deployment, "fcm", {}, from_stdin=False)


class Applications(FakeSns):
    """SNS's applications."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Any] = {}

    def set_platform_application_attributes(self, **call: Any) -> None:
        if call["PlatformApplicationArn"] not in self.kept:
            raise _answered("NotFound", 404)
        self.kept[call["PlatformApplicationArn"]] = call["Attributes"]

    def create_platform_application(self, **call: Any) -> None:
        arn = APPLICATIONS.replace("{platform}", call["Platform"])
        assert arn.endswith(call["Name"])
        self.kept[arn] = call["Attributes"]


def test_connecting_again_changes_the_credentials_of_the_same_application() -> None:
    sns = Applications()
    devices = SnsDevices(Endpoints(sns, APPLICATIONS))
    for credential in ("first", "second"):
        devices.put("fcm", {"PlatformCredential": credential})
    assert sns.kept == {APPLICATIONS.replace("{platform}", "GCM"): {"PlatformCredential": "second"}}


def test_a_phone_is_forgotten_and_one_that_was_never_known_is_no_mistake() -> None:
    sns = Applications()
    SnsDevices(Endpoints(sns, APPLICATIONS)).forget(APPLE)
    assert sns.deleted == [f"arn:endpoint/{TOKEN}"]
    SnsDevices(Endpoints(sns, APPLICATIONS)).forget("not a token")
    sns.making = _answered("NotFound", 404)
    SnsDevices(Endpoints(sns, APPLICATIONS)).forget(APPLE)
    assert len(sns.deleted) == 1
