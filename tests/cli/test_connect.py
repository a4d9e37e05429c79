from __future__ import annotations

import base64
import io
from collections.abc import Callable

import pytest

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.cli.connect import Wish, connect_source
from kairos.cli.failure import CannotDo
from tests.cli.memory_deployment import MemoryDeployment, Run
from tests.sources.test_declared import COURSES


def no_key(secret: str) -> Callable[[str], str]:
    """Return who answers with the secret, and has no API key."""
    return lambda asked: "" if asked.startswith("API key") else secret


def give(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(secret))


def test_a_secret_comes_from_stdin_and_is_never_shown(
    kairos: Run, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "hush-hush\n")
    assert kairos("connect", "shopify", "main", "--secret", "-", "--set", "shop=x.example.com") == 0
    assert deployment.secrets.kept["shopify", "main"] == {"secrets": ["hush-hush"], "shop": "x.example.com"}
    out, err = capsys.readouterr()
    assert "https://api.example.com/v1/webhooks/shopify/main" in out
    assert "hush" not in out + err


def test_the_former_secret_stays_and_the_one_before_goes(deployment: MemoryDeployment) -> None:
    for secret in ("one", "two", "two", "three"):
        connect_source(deployment, Wish("calcom", "main"), from_stdin=False, ask=no_key(secret))
    assert deployment.secrets.kept["calcom", "main"]["secrets"] == ["three", "two"]


def test_other_settings_survive_a_rotation(deployment: MemoryDeployment) -> None:
    deployment.secrets.write("shopify", "main", {"secrets": ["old"], "shop": "x.example.com"})
    connect_source(deployment, Wish("shopify", "main"), from_stdin=False, ask=no_key("new"))
    assert deployment.secrets.read("shopify", "main") == {"secrets": ["new", "old"], "shop": "x.example.com"}


def test_made_keys_are_shown_once_and_name_their_connection(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("connect", "track", "web", "--generate", "--public-key") == 0
    kept = deployment.secrets.kept["track", "web"]
    told = capsys.readouterr().out
    for key in (*kept["secrets"], *kept["public_keys"]):
        assert key.startswith("web.")
        assert key in told
    assert kept["secrets"] != kept["public_keys"]


@pytest.mark.parametrize(
    ("wish", "hint"),
    [
        (Wish("shopyfi", "main"), "there are: cafe24, calcom"),
        (Wish("ses", "main"), "needs no connecting"),
        (Wish("shopify", "a/b"), "letters, digits"),
        (Wish("shopify", ""), "letters, digits"),
        (Wish("shopify", "main", public_key=True), "only track"),
        (Wish("shopify", "main", settings=("shop",)), "name=value"),
        (Wish("shopify", "main", settings=("secrets=x",)), "secrets are asked for"),
    ],
)
def test_what_cannot_be_connected_is_told_before_a_secret_is_asked(
    wish: Wish, hint: str, deployment: MemoryDeployment
) -> None:
    def ask(_: str) -> str:
        raise AssertionError("asked")

    with pytest.raises(CannotDo, match=hint):
        connect_source(deployment, wish, from_stdin=False, ask=ask)
    assert deployment.secrets.kept == {}


@pytest.mark.parametrize("secret", ["", "  \n", "x" * 2_000, "a\x07b"])
def test_what_is_no_secret_is_refused(
    secret: str, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, secret)
    with pytest.raises(CannotDo):
        connect_source(deployment, Wish("shopify", "main"), from_stdin=True)
    assert deployment.secrets.kept == {}


URL = "url=https://hooks.example.com/kairos"


def test_a_receiver_gets_a_secret_as_standard_webhooks_writes_it(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("connect", "webhook", "crm", "--generate", "--set", URL) == 0
    kept = deployment.secrets.kept["webhook", "crm"]
    [secret] = kept["secrets"]
    assert kept["url"] == "https://hooks.example.com/kairos"
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 24
    out = capsys.readouterr().out
    assert secret in out
    assert "/v1/webhooks" not in out
    assert kairos("connect", "webhook", "crm", "--generate") == 0
    assert deployment.secrets.kept["webhook", "crm"]["secrets"][1] == secret


@pytest.mark.parametrize("settings", [(), ("url=http://hooks.example.com",), ("shop=x",)])
def test_a_receiver_without_an_https_url_is_refused(deployment: MemoryDeployment, settings: tuple[str, ...]) -> None:
    with pytest.raises(CannotDo, match="url=https"):
        connect_source(deployment, Wish("webhook", "crm", generate=True, settings=settings), from_stdin=False)


def test_the_local_cloud_may_call_a_receiver_beside_it(deployment: MemoryDeployment) -> None:
    deployment.public_url = "http://localhost:4010"
    wish = Wish("webhook", "crm", generate=True, settings=("url=http://localhost:4999/hook",))
    assert connect_source(deployment, wish, from_stdin=False) == 0


@pytest.mark.parametrize("secret", ["plain", "whsec_", "whsec_%%", "whsec_" + "QUJD", "QUJD" * 8])
def test_a_secret_that_could_not_sign_is_refused(deployment: MemoryDeployment, secret: str) -> None:
    with pytest.raises(CannotDo, match="whsec_"):
        connect_source(deployment, Wish("webhook", "crm", settings=(URL,)), from_stdin=False, ask=lambda _: secret)


def test_a_declared_source_is_connected_once_it_is_live(deployment: MemoryDeployment) -> None:
    wish = Wish("courses", "main")
    with pytest.raises(CannotDo, match="no source is called 'courses'"):
        connect_source(deployment, wish, from_stdin=False, ask=lambda _: "whsec_QUJD")
    brand = Definition("brand", "brand", {"name": "Corner Shop", "timezone": "Asia/Seoul"}, "brand.yaml")
    declared = Definition("source", "courses", COURSES, "source/courses")
    release = deployment.releases.put_bundle(build_bundle(Documents((brand, declared))))
    deployment.releases.point(Pointer(release), None)
    assert connect_source(deployment, wish, from_stdin=False, ask=lambda _: "whsec_QUJD") == 0
    assert deployment.secrets.read("courses", "main")["secrets"] == ["whsec_QUJD"]


def test_a_source_that_can_be_read_asks_for_its_key_and_says_what_is_lost_without_it(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return "shpat_planted" if text.startswith("API key") else "hush"

    connect_source(deployment, Wish("shopify", "main"), from_stdin=False, ask=no_key("hush"))
    assert "api_key" not in deployment.secrets.kept["shopify", "main"]
    assert "without an API key, an order whose webhooks are lost" in " ".join(capsys.readouterr().out.split())
    connect_source(deployment, Wish("shopify", "main"), from_stdin=False, ask=ask)
    assert "empty for none: then an order" in asked[1]
    assert deployment.secrets.kept["shopify", "main"]["api_key"] == "shpat_planted"
    connect_source(deployment, Wish("shopify", "main"), from_stdin=False, ask=no_key("hush"))
    assert deployment.secrets.kept["shopify", "main"]["api_key"] == "shpat_planted", "empty keeps it"
    out = capsys.readouterr().out
    assert "is read every 15 minutes" in out
    assert "planted" not in out


def test_an_api_key_is_not_taken_from_the_command_line(deployment: MemoryDeployment) -> None:
    with pytest.raises(CannotDo, match="secrets are asked for"):
        connect_source(deployment, Wish("shopify", "main", settings=("api_key=x",)), from_stdin=False)


def test_how_often_a_calendar_is_read_is_said_as_it_is(
    deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for source, minutes in (("gcal", 5), ("ical", 15)):
        connect_source(deployment, Wish(source, "main"), from_stdin=False, ask=no_key("{}"))
        assert f"every {minutes} minutes" in capsys.readouterr().out


SOLAPI = ("key_id=NCS1", "pf_id=PF1")


def test_the_provider_of_alimtalk_is_connected_by_its_key_and_secret(
    deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "solapi-secret")
    assert connect_source(deployment, Wish("kakao", "main", settings=SOLAPI), from_stdin=True) == 0
    kept = deployment.secrets.kept["kakao", "main"]
    assert {name: kept[name] for name in ("secrets", "key_id", "pf_id")} == {
        "secrets": ["solapi-secret"],
        "key_id": "NCS1",
        "pf_id": "PF1",
    }
    told = capsys.readouterr().out
    assert "AlimTalk" in told
    assert "solapi-secret" not in told
    assert "/v1/webhooks" not in told


@pytest.mark.parametrize(
    "wish",
    [
        Wish("kakao", "main"),
        Wish("kakao", "main", settings=SOLAPI[:1]),
        Wish("kakao", "other", settings=SOLAPI),
        Wish("kakao", "main", generate=True, settings=SOLAPI),
    ],
)
def test_a_provider_that_could_not_be_called_is_refused(
    deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch, wish: Wish
) -> None:
    give(monkeypatch, "solapi-secret")
    with pytest.raises(CannotDo):
        connect_source(deployment, wish, from_stdin=True)
    assert deployment.secrets.kept == {}


def test_the_reports_of_alimtalk_need_to_know_which_key_reads_them(deployment: MemoryDeployment) -> None:
    with pytest.raises(CannotDo, match="key_id=…"):
        connect_source(deployment, Wish("solapi", "main"), from_stdin=False, ask=lambda prompt: pytest.fail(prompt))
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "typed-in-the-console" if len(asked) == 1 else "api-secret"

    assert (
        connect_source(deployment, Wish("solapi", "main", settings=("key_id=NCS1",)), from_stdin=False, ask=answer) == 0
    )
    kept = deployment.secrets.kept["solapi", "main"]
    assert (kept["secrets"], kept["key_id"], kept["api_key"]) == (["typed-in-the-console"], "NCS1", "api-secret")


def test_how_long_a_silence_may_last_is_a_duration_or_never(deployment: MemoryDeployment) -> None:
    for said in ("12h", "never"):
        wish = Wish("calcom", "main", settings=(f"silent_after={said}",))
        connect_source(deployment, wish, from_stdin=False, ask=no_key("s"))
        assert deployment.secrets.kept["calcom", "main"]["silent_after"] == said
    wish = Wish("calcom", "main", settings=("silent_after=soon",))
    with pytest.raises(CannotDo, match="silent_after=12h"):
        connect_source(deployment, wish, from_stdin=False, ask=no_key("s"))


def test_sns_has_no_secret_and_is_pinned_to_one_topic(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:feedback"
    assert kairos("connect", "sns", "main", "--set", f"topic={topic}") == 0
    assert deployment.secrets.kept["sns", "main"] == {"topic": topic}
    assert "https://api.example.com/v1/webhooks/sns/main" in capsys.readouterr().out
    for wish in (Wish("sns", "other"), Wish("sns", "other", settings=("topic=feedback",))):
        with pytest.raises(CannotDo, match="topic"):
            connect_source(deployment, wish, from_stdin=False, ask=no_key("never asked"))
    with pytest.raises(CannotDo, match="no secret to make"):
        connect_source(deployment, Wish("sns", "main", generate=True), from_stdin=False)
