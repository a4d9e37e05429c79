"""TXT records of a domain, asked of a public resolver over HTTPS: Python's own library knows addresses only.

https://developers.google.com/speed/public-dns/docs/doh/json. What is asked is public, and is asked from the operator's
own machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from kairos.domain.errors import Unavailable
from kairos.sources._pulling import Fetch

RESOLVER = "https://dns.google/resolve"
TXT = 16
NO_ERROR, NO_SUCH_NAME = 0, 3
ANSWER_BYTES_MAX = 100_000

_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')


def text_records(name: str, fetch: Fetch) -> Sequence[str]:
    """Return the TXT records of a name, each as one text; none where there is no such name.

    Raises Unavailable, or Refused, where nobody can be asked.
    """
    asked = f"{RESOLVER}?{urlencode({'name': name, 'type': 'TXT'})}"
    answer = fetch("GET", asked, {"accept": "application/dns-json"}, bytes_max=ANSWER_BYTES_MAX)
    if answer.status != 200:
        raise Unavailable("DNS", f"the resolver answers {answer.status}")
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, Mapping) or said.get("Status") not in (NO_ERROR, NO_SUCH_NAME):
        raise Unavailable("DNS", "the resolver could not find out")
    rows = said.get("Answer")
    return [_joined(row) for row in rows if _is_text(row)] if isinstance(rows, list) else []


def _is_text(row: Any) -> bool:
    return isinstance(row, Mapping) and row.get("type") == TXT and isinstance(row.get("data"), str)


def _joined(row: Mapping[str, Any]) -> str:
    """A record is one text in strings of 255 bytes, which may or may not stand in quotation marks."""
    strings = _STRINGS.findall(row["data"])
    return "".join(strings) if strings else str(row["data"])
