"""`connect`: a source's secret goes into SSM, never into argv, a log or the screen; the former stays for a while.

Two secrets are kept, so that a source and Kairos need not change in the same second. Connecting once more drops the
oldest.
"""

from __future__ import annotations

import base64
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from typing import TYPE_CHECKING, Any

from kairos import registry
from kairos.app.deliver.receiver_state import ReceiverState
from kairos.app.heard import NEVER, SETTING, is_limit
from kairos.channels._solapi import CONNECTION
from kairos.cli.connect_push import PUSH, connect_push
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

SECRETS_MAX = 2
SECRET_CHARACTERS_MAX = 1_000
KEY_BYTES = 24
NOT_CONNECTED = frozenset({"ses"})
"""Its events come through EventBridge, from the account itself."""

CALLED = "webhook"
"""Not a sender but a receiver: what `webhook` steps call."""
KAKAO = "kakao"
"""Not a sender either: who hands AlimTalk over to Kakao."""
RECEIVERS = frozenset({CALLED, KAKAO})
"""What is connected and sends us nothing: it is called."""

PREFIX = "whsec_"
"""How Standard Webhooks writes a secret: this, and 24 to 64 bytes in base64."""

_FORMER = {CALLED: "calls are signed with both secrets", KAKAO: "calls are signed with the new secret"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SETTING = re.compile(r"([a-z][a-z_]{0,39})=(.{1,500})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be connected. `settings` are texts such as shop=x.example.com."""

    source: str
    connection: str
    generate: bool = False
    public_key: bool = False
    settings: tuple[str, ...] = ()


def connect_source(deployment: Deployment, wish: Wish, *, from_stdin: bool, ask: Callable[[str], str] = getpass) -> int:
    """Keep the secret and print where webhooks go. Raises CannotDo."""
    if wish.source == PUSH:
        return connect_push(deployment, wish.connection, _settings(wish), from_stdin=from_stdin)
    _check(wish, deployment)
    changes = _settings(wish)
    if wish.generate and wish.source == KAKAO:
        raise CannotDo("Solapi gives the API secret: it cannot be made")
    if wish.generate and not listens(wish.source):
        raise CannotDo(f"the secret of {wish.source} is the address that is read: it cannot be made")
    if getattr(_built_in(wish.source), "secretless", False):
        return _pin(deployment, wish, changes)
    settings = deployment.secrets.read(wish.source, wish.connection)
    _check_settings(wish, settings | changes)
    generated = _key(wish, "secret") if wish.generate else None
    secret = generated or _read_secret(from_stdin, ask)
    if wish.source == CALLED:
        _check_receiver(secret, settings | changes, local=deployment.public_url.startswith("http://"))
    if wish.source == KAKAO:
        _check_provider(wish, settings | changes)
    former = [one for one in settings.get("secrets", ()) if isinstance(one, str) and one != secret]
    _check_silence(changes)
    settings |= changes | {"secrets": [secret, *former][:SECRETS_MAX]}
    public = _key(wish, "public") if wish.public_key else None
    if public:
        settings["public_keys"] = [public, *settings.get("public_keys", ())][:SECRETS_MAX]
    if not from_stdin and not wish.generate and (key := _read_api_key(wish, settings, ask)):
        settings["api_key"] = key
    deployment.secrets.write(wish.source, wish.connection, settings)
    if wish.source == CALLED and deployment.receiver_states.read(wish.connection) != ReceiverState():
        deployment.receiver_states.save(wish.connection, ReceiverState())  # connected anew, it is asked anew
    _tell(deployment, wish, {"secret": generated, "public write key": public}, rotated=bool(former))
    return 0


def _pin(deployment: Deployment, wish: Wish, changes: dict[str, Any]) -> int:
    """Keep what a source without a secret is told from all others by."""
    if wish.generate:
        raise CannotDo(f"{wish.source} signs with a key of its own: there is no secret to make")
    settings = deployment.secrets.read(wish.source, wish.connection) | changes
    _check_settings(wish, settings)
    deployment.secrets.write(wish.source, wish.connection, settings)
    _tell(deployment, wish, {}, rotated=False)
    return 0


def _check_settings(wish: Wish, settings: dict[str, Any]) -> None:
    """Refuse settings that a source could not work with; most work with none."""
    check = getattr(_built_in(wish.source), "check_settings", None)
    try:
        if check is not None:
            check(settings)
    except ValueError as error:
        raise CannotDo(f"say it by --set: {error}") from None


def listens(source: str) -> bool:
    """Return whether a source is sent webhooks; one that does not is only read."""
    return source not in registry.names("sources") or getattr(registry.load("sources", source), "listens", True)


def _check(wish: Wish, deployment: Deployment) -> None:
    known = [name for name in registry.names("sources") if name not in NOT_CONNECTED]
    if wish.source not in (*known, *NOT_CONNECTED):
        known += _declared(deployment)
    if wish.source in NOT_CONNECTED:
        raise CannotDo(f"{wish.source} needs no connecting: its events come from your own account")
    channels = (CALLED, KAKAO, PUSH)
    if wish.source not in (*known, *channels):
        raise CannotDo(f"no source is called {wish.source!r}; there are: {', '.join([*known, *channels])}")
    if not _NAME.fullmatch(wish.connection):
        raise CannotDo("a connection's name has letters, digits, - and _, at most 64")
    if wish.public_key and wish.source != "track":
        raise CannotDo("only track has public write keys")


def _check_silence(changes: dict[str, Any]) -> None:
    if SETTING in changes and not is_limit(str(changes[SETTING])):
        raise CannotDo(f"say how long its silence is allowed to last: --set {SETTING}=12h, or {NEVER}")


def _check_receiver(secret: str, settings: dict[str, Any], *, local: bool) -> None:
    """What runs on one's own machine may call one's own machine; what is deployed calls nothing without TLS."""
    if not str(settings.get("url", "")).startswith(("https://", "http://") if local else "https://"):
        raise CannotDo("say what is called: --set url=https://hooks.example.com/kairos")
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except ValueError:
        size = 0
    if not secret.startswith(PREFIX) or not 24 <= size <= 64:
        raise CannotDo("a webhook's secret is whsec_ and 24 to 64 bytes in base64; --generate makes one")


def _check_provider(wish: Wish, settings: dict[str, Any]) -> None:
    lacking = [name for name in ("key_id", "pf_id") if not settings.get(name)]
    if lacking or wish.connection != CONNECTION:
        example = f"kairos connect kakao {CONNECTION} --set key_id=… --set pf_id=…"
        raise CannotDo(f"Solapi is connected by `{example}` (your Kakao channel's id); the API secret is asked for")


def _declared(deployment: Deployment) -> list[str]:
    """Return the sources that are declared and live."""
    pointer = deployment.releases.pointer()
    return sorted(deployment.releases.bundle(pointer.release).get("sources", {})) if pointer else []


def _settings(wish: Wish) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in wish.settings:
        match = _SETTING.fullmatch(text)
        if match is None or match[1] in ("secrets", "public_keys", "api_key"):
            raise CannotDo("--set takes name=value, such as shop=x.example.com; secrets are asked for")
        found[match[1]] = match[2]
    return found


def _read_api_key(wish: Wish, settings: dict[str, Any], ask: Callable[[str], str]) -> str:
    """Return the key with which the vendor's API is read, where it has one; empty keeps what was there."""
    source = _built_in(wish.source)
    if source is None or not getattr(source, "key_is", ""):
        return ""
    empty = "empty keeps the one you gave" if settings.get("api_key") else f"empty for none: then {source.without_key}"
    key = ask(f"API key, {source.key_is}; {empty}: ").strip()
    if len(key) > SECRET_CHARACTERS_MAX or not key.isprintable():
        raise CannotDo("this is no API key: one line of printable characters")
    return key


def _built_in(source: str) -> Any:
    return registry.load("sources", source) if source in registry.names("sources") else None


def _read_secret(from_stdin: bool, ask: Callable[[str], str]) -> str:
    text = sys.stdin.readline() if from_stdin else ask("Secret (it is not shown): ")
    secret = text.strip()
    if not secret or len(secret) > SECRET_CHARACTERS_MAX or not secret.isprintable():
        raise CannotDo("no secret was given" if not secret else "this is no secret: one line of printable characters")
    return secret


def _key(wish: Wish, kind: str) -> str:
    if wish.source == CALLED:
        return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    # A write key says by itself which connection it belongs to: it is all that a track call carries.
    return f"{wish.connection}.{kind}_{secrets.token_urlsafe(KEY_BYTES)}"


def _tell(deployment: Deployment, wish: Wish, made: dict[str, str | None], *, rotated: bool) -> None:
    screen = open_screen()
    screen.print(f"{wish.source}/{wish.connection} is connected on {deployment.stage}", style="green")
    if wish.source == CALLED:
        screen.print(f"`webhook: {{to: {wish.connection}}}` in a journey or a template now calls the URL you set,")
        screen.print(f"and `webhooks: [{{to: {wish.connection}, events: […]}}]` in brand.yaml tells it engine events")
    elif wish.source == KAKAO:
        screen.print("templates with a kakao part now go out as AlimTalk")
        screen.print("`kairos connect solapi main` hears who has no KakaoTalk, so that the next channel is tried")
    elif wish.source == "track":
        screen.print(f"calls go to {deployment.public_url}/v1/ (track, identify, page, batch)")
    elif not listens(wish.source):
        minutes = int(_built_in(wish.source).every.total_seconds()) // 60
        screen.print(f"it is read within minutes, and then every {minutes} minutes: `kairos sources` says how it goes")
    else:
        screen.print(f"webhooks go to {deployment.public_url}/v1/webhooks/{wish.source}/{wish.connection}")
    for name, value in made.items():
        if value:
            screen.print(f"{name} (shown only now): {value}")
    _tell_readings(deployment, wish)
    if wish.source not in RECEIVERS:
        check = f"kairos connect {wish.source} {wish.connection} --check"
        screen.print(f"`{check}` sends a test event and says what is wrong", style="dim")
    if rotated:
        meanwhile = _FORMER.get(wish.source, "the former secret is still taken")
        screen.print(f"{meanwhile}; connecting once more drops the former", style="dim")


def _tell_readings(deployment: Deployment, wish: Wish) -> None:
    source, screen = _built_in(wish.source), open_screen()
    if source is None or not getattr(source, "key_is", ""):
        return
    if source.reads(deployment.secrets.read(wish.source, wish.connection)):
        minutes = int(source.every.total_seconds()) // 60
        screen.print(f"what its webhooks may have lost is read every {minutes} minutes")
    else:
        screen.print(f"without an API key, {source.without_key}; `kairos connect` asks for it again", style="yellow")
