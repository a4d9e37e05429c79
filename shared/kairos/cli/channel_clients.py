"""What a channel's `send` is given on the command line, so that nothing of it comes back as feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.channels._https import HttpsPost
from kairos.channels._solapi import Solapi
from kairos.channels.email import Ses
from kairos.channels.webhook import Receivers
from kairos.cli.deployment import Secrets
from kairos.domain.errors import UnknownConnection


def uncounted_mail(client: Any) -> Ses:
    """Return SES without the configuration set whose events come back as facts about customers."""
    return Ses(_Uncounted(client), "")


def connected_client(channel: str, secrets: Secrets) -> Solapi | Receivers:
    """Return the client of a channel that speaks to somebody else's server, by what `kairos connect` kept."""
    post = HttpsPost()
    return Solapi(_Kept(secrets), post) if channel == "kakao" else Receivers(_Kept(secrets), post)


class _Kept:
    """Connections, as an operator reads them."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if not (settings := self._secrets.read(source, connection)):
            raise UnknownConnection(source, connection)
        return settings


class _Uncounted:
    """A client of SES that names no configuration set."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send_email(self, **request: Any) -> Any:
        request.pop("ConfigurationSetName", None)
        return self._client.send_email(**request)
