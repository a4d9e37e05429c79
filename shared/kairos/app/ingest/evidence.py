"""What must be read from elsewhere to believe a request: certificates, kept while the container lives.

Only sources that say so need it (`evidence`, `confirmation`), and they say which URL; nothing of a request is asked
for that its source has not pinned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kairos.domain.errors import BadSignature, Refused, Unavailable

if TYPE_CHECKING:  # whoever is sent nothing of the kind loads nothing for it
    from kairos.sources._pulling import Answer, Fetch

CERTIFICATES_MAX = 8
BYTES_MAX = 32_768


class Evidence:
    """Reads certificates and confirms subscriptions. `open_fetch` is called for the first one."""

    def __init__(self, open_fetch: Callable[[], Fetch]) -> None:
        self._open = open_fetch
        self._known: dict[str, bytes] = {}

    def of(self, url: str) -> bytes:
        """Return what lies at a URL. Raises BadSignature where nothing does, Unavailable where it cannot be had now."""
        if url not in self._known:
            body = self._get(url).body
            while len(self._known) >= CERTIFICATES_MAX:
                del self._known[next(iter(self._known))]
            self._known[url] = body
        return self._known[url]

    def confirm(self, url: str) -> None:
        """Ask a URL for what asking it does. Raises as `of`."""
        self._get(url)

    def _get(self, url: str) -> Answer:
        try:
            answer = self._open()("GET", url, {}, bytes_max=BYTES_MAX)
        except Refused as error:
            raise BadSignature(f"its proof cannot be read: {error.reason}") from None
        if answer.status != 200:  # of a host that is pinned: what it refuses now it may give in a minute, and who is
            raise Unavailable("evidence", f"status {answer.status}")  # told 4xx does not ask again
        return answer
