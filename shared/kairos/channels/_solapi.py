"""AlimTalk by Solapi: one POST for each message, signed anew each time, so it needs no session and no fixed address.

What became of a message that was taken is read by `sources/solapi.py`, under the two ids in its `customFields`.
https://docs.solapi.com (messages/v4/send-many/detail), github.com/solapi/solapi-python
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kairos.app.deliver.receivers import Answer, Post
from kairos.app.ports import Connections
from kairos.domain.errors import Refused, Throttled, Unavailable, UnknownConnection
from kairos.sources._solapi_signature import DELIVERED, HOST, ON_ITS_WAY, authorization

PATH = "/messages/v4/send-many/detail"
CONNECTION = "main"
ACCEPTED = ON_ITS_WAY | {DELIVERED}

_KOREAN = re.compile(r"\+82(1[016789][0-9]{7,8})")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class AlimTalk:
    """One message: the id of the template that Kakao reviewed, and what its variables are. `to` is E.164, `profile` the
    customer's pseudonym."""

    message: str
    profile: str
    to: str
    template: str
    variables: Mapping[str, str]
    at: datetime


class AlimTalkProvider(Protocol):
    """Who hands AlimTalk over to Kakao. Another provider is another of these."""

    def send(self, alim_talk: AlimTalk) -> str:
        """Return the provider's id. Raises Refused, Throttled or Unavailable."""


class Solapi:
    """AlimTalkProvider. Its connection `kakao/main` holds `secrets`, `key_id` (the API key) and `pf_id`, the id of the
    Kakao channel."""

    def __init__(self, connections: Connections, post: Post) -> None:
        self._connections = connections
        self._post = post

    def send(self, alim_talk: AlimTalk) -> str:
        try:
            settings = self._connections.settings("kakao", CONNECTION)
        except UnknownConnection:
            raise Throttled("solapi", "kakao is not connected") from None
        body = json.dumps(_body(alim_talk, settings), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", "authorization": _signed(alim_talk, settings)}
        answer = self._post(f"{settings.get('url') or HOST}{PATH}", headers, body)
        return _taken(answer)


def _signed(alim_talk: AlimTalk, settings: Mapping[str, Any]) -> str:
    """Return the header of one call. Raises Throttled where the connection lacks its key: an operator has time."""
    secrets, key = settings.get("secrets"), settings.get("key_id")
    if not isinstance(secrets, list) or not secrets or not key:
        raise Throttled("solapi", "the connection kakao/main lacks its key_id or secret")
    return authorization(alim_talk.message, alim_talk.at, str(key), str(secrets[0]))


def _body(alim_talk: AlimTalk, settings: Mapping[str, Any]) -> dict[str, Any]:
    number = _KOREAN.fullmatch(alim_talk.to)
    if number is None:
        raise Refused("solapi", "AlimTalk goes to Korean mobile numbers only")
    options = {
        "pfId": str(settings.get("pf_id") or ""),
        "templateId": alim_talk.template,
        "variables": {f"#{{{name}}}": value for name, value in alim_talk.variables.items()},
        "disableSms": True,  # what comes after KakaoTalk is the template's to say, and is sent and counted by Kairos
    }
    message = {"to": f"0{number[1]}", "type": "ATA", "kakaoOptions": options}
    if sender := settings.get("from"):
        message["from"] = str(sender)
    message["customFields"] = {"kairos_message": alim_talk.message, "kairos_profile": alim_talk.profile}
    return {"messages": [message], "showMessageList": True}


def _taken(answer: Answer) -> str:
    """Return the id of a message that was taken; say by which of Solapi's codes one was not."""
    said = _json(answer.body)
    if answer.status >= 500 or answer.status in (408, 425):
        raise Unavailable("solapi", str(answer.status))
    if answer.status == 400:
        raise Refused("solapi", _code(said.get("errorCode")) or "400")
    if answer.status >= 300:  # the key, the balance, the rate: trouble of the account, and perhaps over soon
        raise Throttled("solapi", _code(said.get("errorCode")) or str(answer.status))
    if failed := _first(said.get("failedMessageList")):
        raise Refused("solapi", _code(failed.get("statusCode")) or "not taken")
    message = _first(said.get("messageList"))
    if message and (code := _code(message.get("statusCode"))) and code not in ACCEPTED:
        raise Refused("solapi", code)
    group = said.get("groupInfo")
    id = message.get("messageId") or (group.get("groupId") if isinstance(group, Mapping) else None)
    if not isinstance(id, str) or not _CODE.fullmatch(id):
        raise Unavailable("solapi", "an answer without a message id")
    return id


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


def _first(rows: object) -> Mapping[str, Any]:
    row = rows[0] if isinstance(rows, list) and rows else None
    return row if isinstance(row, Mapping) else {}


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
