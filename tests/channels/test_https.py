"""One POST to somebody's server: where it may go, how long it may take, and what comes back."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kairos.channels import _https
from kairos.channels._https import READ_BYTES_MAX, HttpsPost, is_public
from kairos.domain.errors import Refused, Unavailable
from tests.channels.receiver import receiving, reply


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_an_address_on_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "0.0.0.0", "255.255.255.255"),
        *("169.254.169.254", "169.254.170.2", "100.64.0.1", "192.0.0.170", "224.0.0.1", "240.0.0.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "no address", ""),
    ],
)
def test_what_leads_inside_is_not_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com", "example.com", ""),
        *("https://", "https:///path", "https://user@example.com/", "https://user:word@example.com/"),
        *("https://example.com:0/", "https://example.com:99999/", "https://[::1", "https://exa mple.com/"),
        *("https://example.com/\r\nx: y", "https://exämple.com/", "https://127.0.0.1/", "https://[::1]/"),
        *("https://2130706433/", "https://0x7f.1/", "https://localhost/", "https://169.254.169.254/latest/meta-data"),
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_a_url_that_is_not_https_to_the_outside_is_refused_before_anything_is_connected_to(url: str) -> None:
    with pytest.raises(Refused):
        HttpsPost()(url, {}, b"{}")


def test_outside_the_local_cloud_not_even_a_listening_loopback_is_called() -> None:
    with receiving() as receiver:
        for url in (receiver.url, receiver.url.replace("http:", "https:")):
            with pytest.raises(Refused):
                HttpsPost()(url, {}, b"{}")
        assert receiver.received == []


def test_the_body_and_headers_arrive_and_the_answer_comes_back() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 202, b'{"a":1}')
        answer = HttpsPost(local=True)(f"{receiver.url}/in?x=1", {"webhook-id": "m1"}, b'{"b":2}')
        [(path, headers, body)] = receiver.received
    assert (answer.status, answer.body, answer.whole) == (202, b'{"a":1}', True)
    assert (path, headers["webhook-id"], body) == ("/in?x=1", "m1", b'{"b":2}')


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 302, location="http://169.254.169.254/")
        assert HttpsPost(local=True)(receiver.url, {}, b"{}").status == 302
        assert len(receiver.received) == 1


def test_a_long_answer_is_read_so_far_and_no_further() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 200, b"x" * (READ_BYTES_MAX * 50))
        answer = HttpsPost(local=True)(receiver.url, {}, b"{}")
    assert (len(answer.body), answer.whole) == (READ_BYTES_MAX, False)


def test_a_server_that_drips_its_answer_is_cut_off_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_https, "ALL_SECONDS", 0.4)

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for n in range(100):
            time.sleep(0.1)
            handler.wfile.write(f"x-{n}: y\r\n".encode())

    with receiving() as receiver:
        receiver.answer = drip
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            HttpsPost(local=True)(receiver.url, {}, b"{}")
        assert time.monotonic() - begun < 3


def test_a_line_that_breaks_or_never_stood_is_no_answer() -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: handler.connection.close()
        with pytest.raises(Unavailable):
            HttpsPost(local=True)(receiver.url, {}, b"{}")
        receiver.answer = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")
        with pytest.raises(Unavailable):
            HttpsPost(local=True)(receiver.url, {}, b"{}")
    with pytest.raises(Unavailable):
        HttpsPost(local=True)(receiver.url, {}, b"{}")
    with pytest.raises(Unavailable):
        HttpsPost()("https://no-such-host.invalid/", {}, b"{}")


def test_a_certificate_that_nobody_vouches_for_is_no_answer(tmp_path: Path) -> None:
    with receiving(_self_signed(tmp_path)) as receiver:
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            HttpsPost(local=True)(receiver.url, {}, b"{}")
        assert receiver.received == []


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(pem + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
