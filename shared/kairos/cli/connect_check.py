"""`connect --check`: a test webhook, signed as its sender would, through the front door; and a look at the API.

The webhook is about nothing (a topic nobody knows), so it is taken and changes nothing. What comes back says whether
the address, the connection and the secret fit together, in words that say what to mend.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kairos import registry
from kairos.cli.connect import PREFIX, RECEIVERS
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen
from kairos.domain.errors import KairosError, Refused, Unavailable
from kairos.sources._pulling import Answer, Fetch, Pulling
from kairos.sources._signature import PUBLIC_PREFIX

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

Proof = Callable[[bytes, str, datetime], Mapping[str, str]]


def check_connection(deployment: Deployment, source: str, connection: str, fetch: Fetch) -> int:
    """Try a connection and print what was found; fail where something is wrong. Raises CannotDo for one unknown."""
    settings = deployment.secrets.read(source, connection)
    if not settings or source in RECEIVERS:
        raise CannotDo(f"{source}/{connection} is no connection that can be checked: `kairos sources` lists them")
    screen, wrong = open_screen(), 0
    for fine, said in _findings(deployment, source, connection, settings, fetch):
        wrong += not fine
        screen.print(("ok    " if fine else "wrong ") + said, style="green" if fine else "red", highlight=False)
    return WRONG if wrong else 0


def _findings(
    deployment: Deployment, source: str, connection: str, settings: Mapping[str, Any], fetch: Fetch
) -> Iterator[tuple[bool, str]]:
    plugin = registry.load("sources", source) if source in registry.names("sources") else None
    if _secret(settings).startswith(PUBLIC_PREFIX) or getattr(plugin, "secretless", False):
        yield True, "only its sender can sign a test, so let them send one: `kairos sources` says when it was heard of"
    elif plugin is None or getattr(plugin, "listens", True):
        yield _webhook(deployment, source, connection, settings, fetch)
    if plugin is not None and hasattr(plugin, "pull"):
        reads = getattr(plugin, "reads", None)
        if reads is None or reads(settings):
            yield _reading(plugin, settings, deployment.clock.now(), fetch)
        else:
            yield True, f"no API key: {plugin.without_key}"


def _webhook(
    deployment: Deployment, source: str, connection: str, settings: Mapping[str, Any], fetch: Fetch
) -> tuple[bool, str]:
    secret = _secret(settings)
    body = json.dumps(_NOTHING.get(source, {"type": "kairos.test", "id": "kairos-test"})).encode()
    proof = _PROOFS.get(source, _standard)
    headers = {"content-type": "application/json", **proof(body, secret, deployment.clock.now())}
    if settings.get("shop"):
        headers["x-shopify-shop-domain"] = str(settings["shop"])
    url = f"{deployment.public_url}/v1/webhooks/{source}/{connection}"
    if source == "track":
        url = f"{deployment.public_url}/v1/batch"
    try:
        return _understood(fetch("POST", url, headers, body), url)
    except (Refused, Unavailable) as error:
        return False, f"nobody answers at {url} ({error.reason}): is the stage deployed, and its domain right?"


def _secret(settings: Mapping[str, Any]) -> str:
    return next((one for one in settings.get("secrets", ()) if isinstance(one, str)), "")


def _understood(answer: Answer, url: str) -> tuple[bool, str]:
    if answer.status in (200, 202):
        return True, f"a signed test webhook was taken at {url}"
    if answer.status == 401:
        told = _detail(answer)
        return False, f"the test webhook was refused ({told}): a secret takes up to five minutes until it counts"
    if answer.status == 404:
        return False, "the connection is not known yet: wait a minute; a source of your own must be published first"
    if answer.status == 400:
        return False, f"the test webhook was not understood: {_detail(answer)}"
    return False, f"the front door answers {answer.status}: `kairos doctor` says more"


def _detail(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["detail"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status)


def _reading(plugin: Any, settings: Mapping[str, Any], now: datetime, fetch: Fetch) -> tuple[bool, str]:
    """Read the first page as `sync` would, and tell nobody. No token is renewed: that ends the one that is kept."""
    if plugin.name == "cafe24":
        return (
            True,
            "the Admin API is read by `sync` alone, which keeps its tokens: `kairos sources` says how that goes",
        )
    try:
        next(iter(plugin.pull(Pulling(settings, {}, {}, fetch, now))), None)
    except KairosError as error:
        return False, f"it cannot be read: {error}"
    return True, "it can be read"


def _hex(key: str, *parts: bytes) -> str:
    return hmac.new(key.encode(), b"".join(parts), hashlib.sha256).hexdigest()


def _base64(key: bytes, *parts: bytes) -> str:
    return base64.b64encode(hmac.new(key, b"".join(parts), hashlib.sha256).digest()).decode()


def _stamped(header: str) -> Proof:
    def prove(body: bytes, secret: str, at: datetime) -> Mapping[str, str]:
        stamp = str(int(at.timestamp()))
        return {header: f"t={stamp},v1={_hex(secret, stamp.encode(), b'.', body)}"}

    return prove


def _shopify(body: bytes, secret: str, at: datetime) -> Mapping[str, str]:
    said = {"x-shopify-topic": "kairos/test", "x-shopify-webhook-id": "kairos-test"}
    return said | {"x-shopify-shop-domain": "kairos-test", "x-shopify-hmac-sha256": _base64(secret.encode(), body)}


def _standard(body: bytes, secret: str, at: datetime) -> Mapping[str, str]:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
    except ValueError:
        key = secret.encode()
    id, stamp = "kairos-test", str(int(at.timestamp()))
    signature = f"v1,{_base64(key, f'{id}.{stamp}.'.encode(), body)}"
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature}


_PROOFS: Mapping[str, Proof] = {
    "shopify": _shopify,
    "woocommerce": lambda body, secret, at: {
        "x-wc-webhook-topic": "kairos.test",
        "x-wc-webhook-signature": _base64(secret.encode(), body),
    },
    "calcom": lambda body, secret, at: {"x-cal-signature-256": _hex(secret, body)},
    "calendly": _stamped("calendly-webhook-signature"),
    "stripe": _stamped("stripe-signature"),
    "cafe24": lambda body, secret, at: {"x-api-key": secret, "x-trace-id": "kairos-test"},
    "solapi": lambda body, secret, at: {
        "x-solapi-event-name": "SINGLE-REPORT",
        "x-solapi-secret": hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest(),
    },
    "track": lambda body, secret, at: {"authorization": f"Basic {base64.b64encode(f'{secret}:'.encode()).decode()}"},
}
_NOTHING: Mapping[str, Any] = {
    "solapi": [],
    "calcom": {"triggerEvent": "KAIROS_TEST"},
    "calendly": {"event": "kairos.test"},
    "cafe24": {"event_no": 0},
    "track": {"batch": []},
}
