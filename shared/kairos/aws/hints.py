"""Telling `sync` at once that something is to be read, by an asynchronous call of Lambda's own queue.

What fails there is tried twice more and then left to the regular readings, which find everything that hints tell of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from kairos.aws.errors import calling


class LambdaHints:
    """Hints. `open_client` is called for the first one: most containers never see any."""

    def __init__(self, open_client: Callable[[], Any], function: str) -> None:
        self._open = open_client
        self._function = function

    def put(self, source: str, connection: str, subjects: Sequence[str]) -> None:
        payload = {"hint": {"source": source, "connection": connection, "subjects": list(subjects)}}
        with calling("hints"):
            self._client.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=json.dumps(payload).encode()
            )

    @cached_property
    def _client(self) -> Any:
        return self._open()
