"""Proofs that a body comes from whom it says: keyed hashes over the raw bytes, compared in constant time.

What each sender signs, and how it writes it down, is in their documentation and named beside each source. Here is only
what they share: several secrets in force at once (a rotation), headers that may be missing, doubled or not ASCII, and
a clock that must be near ours where the sender signs the time.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import timedelta

from kairos.domain.errors import BadSignature
from kairos.registry import Request

STAMP_DIGITS_MAX = 12
PUBLIC_PREFIX = "whpk_"
"""How Standard Webhooks writes a public key: this, and its 32 bytes in base64."""

STAMP_AGE_MAX = timedelta(seconds=300)
"""Calendly speaks of about three minutes, its clients allow 120 to 300 s. Repeats are de-duplicated anyway."""


def require_body_hmac(request: Request, header: str, *, encoding: str, prefix: str = "") -> None:
    """Raise BadSignature unless `header` is the HMAC-SHA256 of the raw body under one of the connection's secrets.

    `encoding` is "hex" or "base64"; `prefix` is what stands before it (GitHub writes `sha256=`). A header sent twice
    arrives joined by a comma and therefore proves nothing.
    """
    require_any(
        header_text(request, header),
        [prefix + _hmac(secret.encode(), request.body, encoding) for secret in secrets(request)],
    )


def require_webhook(request: Request, family: str = "webhook") -> None:
    """Raise BadSignature unless the request is signed as Standard Webhooks says (standardwebhooks.com).

    `<family>-signature` lists signatures of "id.timestamp.body", several during a rotation on their side: `v1,` and
    the HMAC-SHA256 in base64 under a secret's decoded bytes (`whsec_` and base64, padded or not), or `v1a,` and the
    Ed25519 signature (RFC 8032) by the private half of a key `whpk_`. Other versions are skipped, as the specification
    asks, and a public key never serves as a secret. `family` "svix" is the older spelling.
    """
    id, stamp = header_text(request, f"{family}-id"), header_text(request, f"{family}-timestamp")
    tokens = [token.partition(",") for token in header_text(request, f"{family}-signature").split(" ")]
    _require_recent(request, stamp, f"{family}-timestamp")
    signed = f"{id}.{stamp}.".encode("utf-8", "surrogatepass") + request.body
    in_force = secrets(request)
    public = [one for one in in_force if one.startswith(PUBLIC_PREFIX)]
    shared = [_decoded(one) for one in in_force if not one.startswith(PUBLIC_PREFIX)]
    expected = [_hmac(key, signed, "base64") for key in shared if key]
    fits = _any_same([given for version, _, given in tokens if version == "v1"], expected)
    if not fits and not _signed_by(public, [given for version, _, given in tokens if version == "v1a"], signed):
        raise BadSignature("no signature fits any secret or public key in force")


def require_stamped_hmac(request: Request, header: str) -> None:
    """Raise BadSignature unless `header` reads `t=<seconds>,v1=<hex>` over `<t>.<body>`, with `t` within five minutes.

    Unknown keys are skipped, several `v1` may stand (a rotation on their side), a second `t` is refused: which of the
    two was signed would be a guess.
    """
    pairs = [part.strip().partition("=") for part in header_text(request, header).split(",")]
    stamps = [value for key, _, value in pairs if key == "t"]
    signatures = [value for key, _, value in pairs if key == "v1"]
    if len(stamps) != 1 or not signatures:
        raise BadSignature(f"{header} needs one t and a v1")
    stamp = stamps[0]
    _require_recent(request, stamp, header)
    signed = stamp.encode() + b"." + request.body
    expected = [_hmac(secret.encode(), signed, "hex") for secret in secrets(request)]
    if not _any_same(signatures, expected):
        raise BadSignature("no signature fits any secret in force")


def require_any(given: str, expected: list[str]) -> None:
    """Raise BadSignature unless `given` equals one of `expected`; all are compared, so the time taken tells nothing."""
    if not _any_same([given], expected):
        raise BadSignature("the signature fits no secret in force")


def is_one_of(given: str, keys: list[str]) -> bool:
    """Return whether `given` is one of `keys`, comparing all of them in constant time."""
    return _any_same([given], keys)


def header_text(request: Request, header: str) -> str:
    """Return a header's trimmed value. Raises BadSignature when it is missing or empty."""
    value = request.headers.get(header)
    if not isinstance(value, str) or not value.strip():
        raise BadSignature(f"the {header} header is missing")
    return value.strip()


def secrets(request: Request, key: str = "secrets") -> list[str]:
    """Return the connection's secrets in force. Raises BadSignature when there is none: nobody can prove anything."""
    found = keys(request, key)
    if not found:
        raise BadSignature("this connection has no secret yet")
    return found


def keys(request: Request, key: str) -> list[str]:
    """Return the non-empty texts of one setting of the connection."""
    value = request.settings.get(key)
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []


def _require_recent(request: Request, stamp: str, header: str) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= STAMP_DIGITS_MAX):
        raise BadSignature(f"the time in {header} is no number of seconds")
    if abs(request.received_at.timestamp() - int(stamp)) > STAMP_AGE_MAX.total_seconds():
        raise BadSignature(f"the time in {header} is more than {STAMP_AGE_MAX.seconds} s from ours")


def _signed_by(public: list[str], given: list[str], signed: bytes) -> bool:
    """Return whether one of these signatures is by one of these keys. Nothing here is secret, so time may tell."""
    if not public or not given:
        return False
    # Here and not above: few senders sign so, and nobody else pays for loading OpenSSL.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    sound = [raw for text in public if len(raw := _decoded(text, PUBLIC_PREFIX)) == 32]
    for key in map(Ed25519PublicKey.from_public_bytes, sound):
        for signature in map(_from_base64, given):
            try:
                key.verify(signature, signed)
            except InvalidSignature:
                continue
            return True
    return False


def _decoded(text: str, prefix: str = "whsec_") -> bytes:
    # Empty is none of theirs: it proves nothing, and the other secret in force may. Their own libraries take secrets
    # that lack their padding.
    bare = text.removeprefix(prefix).rstrip("=")
    return _from_base64(bare + "=" * (-len(bare) % 4))


def _from_base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _hmac(key: bytes, signed: bytes, encoding: str) -> str:
    mac = hmac.new(key, signed, hashlib.sha256)
    return mac.hexdigest() if encoding == "hex" else b64encode(mac.digest()).decode()


def _any_same(given: list[str], expected: list[str]) -> bool:
    # Counted, not searched: leaving at the first match would tell by its time which one it was.
    return sum(_same(one, right) for one in given for right in expected) > 0


def _same(given: str, right: str) -> bool:
    # As bytes: compare_digest refuses text that is not ASCII, and a stranger may send any text.
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
