"""What functions write to standard output and their loggers, line by line, under the invocation that wrote it.

Loggers keep the stream that they were born with, so there is one stream for the whole process and it asks who is
running. Outside an invocation it is transparent.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `at` is virtual, UTC; `request_id` is the invocation's."""

    at: datetime
    function: str
    request_id: str
    text: str

    @property
    def fields(self) -> dict[str, Any]:
        """Return the line's JSON object, or an empty one for a line of plain text."""
        try:
            parsed = json.loads(self.text)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


class LogStream(io.TextIOBase):
    """A text stream whose lines go to the invocation that runs, or else to where they went before."""

    def __init__(self) -> None:
        self._take: Callable[[str], None] | None = None
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._take is None:
            return (sys.__stdout__ or io.StringIO()).write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line:
                self._take(line)
        return len(text)

    @contextmanager
    def to(self, take: Callable[[str], None]) -> Iterator[None]:
        """Give each line written meanwhile to `take`."""
        outer, kept = (self._take, self._rest), (sys.stdout, sys.stderr)
        self._take, self._rest = take, ""
        sys.stdout = sys.stderr = self
        try:
            yield
        finally:
            if self._rest:
                take(self._rest)
            self._take, self._rest = outer
            sys.stdout, sys.stderr = kept


STREAM = LogStream()
