"""Whether the queue of announcements is asked at all: the event source mapping from it to `deliver`, awake or asleep.

Asking a queue that nobody fills costs more than most small brands' messages, so it sleeps until a live brand has a
webhook that listens. https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kairos.aws.errors import calling


class LambdaAnnouncementSource:
    """AnnouncementSource. `open_client` is called where there is something to change: most brands never do."""

    def __init__(self, open_client: Callable[[], Any], mapping: str) -> None:
        self._open = open_client
        self._mapping = mapping

    def wake(self, *, awake: bool) -> None:
        with calling("announcements"):
            self._open().update_event_source_mapping(UUID=self._mapping, Enabled=awake)
