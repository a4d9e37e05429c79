"""The identity secret: a text or a keyring, read rarely, and never a silent change of who is who."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kairos.aws.secret import REFRESH, IdentitySecret, Keyring, parse_secret
from kairos.domain.errors import Unavailable
from kairos.memory import MemoryClock
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
GENERATED = "Ab3" * 21 + "x"
ROTATED = json.dumps({"current": "2", "keys": {"1": GENERATED.encode().hex(), "2": "22" * 32}})


def test_a_generated_text_is_key_one() -> None:
    keyring = parse_secret(GENERATED)
    assert (keyring.current, dict(keyring.keys)) == ("1", {"1": GENERATED.encode()})


def test_after_a_rotation_the_former_hashes_are_still_found() -> None:
    before, after = parse_secret(GENERATED), parse_secret(ROTATED)
    former = before.hash("identity", "email", "", "mina@example.com")
    assert after.hash("identity", "email", "", "mina@example.com").startswith("2#")
    assert after.hashes("identity", "email", "", "mina@example.com")[1:] == [former]


def test_each_purpose_has_a_key_of_its_own() -> None:
    keyring = parse_secret(GENERATED)
    derived = {keyring.derive(purpose) for purpose in ("identity", "address", "unsubscribe")}
    assert len(derived) == 3
    assert all(len(key) == 32 for key in derived)
    assert keyring.hash("identity", "x") != keyring.hash("address", "x")


def test_parts_of_a_hash_do_not_run_together() -> None:
    keyring = parse_secret(GENERATED)
    assert (
        len({keyring.hash("identity", *parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"))}) == 4
    )


def test_a_key_that_is_not_in_force_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        parse_secret(GENERATED).derive("unsubscribe", "9")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "{",
        "{}",
        '{"current": "1", "keys": {"1": "zz"}}',
        '{"current": "1", "keys": {"1": "aabb"}}',
        json.dumps({"current": "3", "keys": {"1": "22" * 32}}),
        json.dumps({"current": "a#b", "keys": {"a#b": "22" * 32}}),
        json.dumps({"current": "1", "keys": ["22" * 32]}),
    ],
)
def test_what_is_no_secret_is_unavailable_and_never_quoted(text: str) -> None:
    with pytest.raises(Unavailable) as caught:
        parse_secret(text)
    assert "22" * 32 not in str(caught.value)
    assert caught.value.__cause__ is None


def test_keys_are_not_in_what_is_printed() -> None:
    assert GENERATED not in repr(parse_secret(GENERATED))
    assert "Ab3" not in repr(Keyring("1", {"1": GENERATED.encode()}))


def test_a_secret_is_read_once_in_five_minutes_and_a_rotation_is_noticed(cloud: Cloud) -> None:
    clock = MemoryClock(NOW)
    arn = cloud.secret(GENERATED)
    secret = IdentitySecret(cloud.client("secretsmanager"), arn, clock)
    assert secret().current == "1"
    cloud.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=ROTATED)
    clock.advance(REFRESH - timedelta(seconds=1))
    assert secret().current == "1"
    clock.advance(timedelta(seconds=1))
    assert secret().current == "2"


def test_a_secret_that_cannot_be_read_is_used_as_it_was() -> None:
    clock = MemoryClock(NOW)
    client = FakeClient(get_secret_value=[{"SecretString": GENERATED}, aws_error("InternalServiceError", 500)])
    secret = IdentitySecret(client, "arn", clock)
    first = secret()
    clock.advance(REFRESH)
    assert secret() == first
    assert secret() == first
    assert len(client.calls) == 2


def test_a_secret_that_was_never_read_is_unavailable() -> None:
    client = FakeClient(get_secret_value=[aws_error("InternalServiceError", 500)])
    with pytest.raises(Unavailable):
        IdentitySecret(client, "arn", MemoryClock(NOW))()
