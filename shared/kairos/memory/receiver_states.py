"""How receivers of announcements do."""

from __future__ import annotations

from kairos.app.deliver.receiver_state import ReceiverState


class MemoryReceiverStates:
    """ReceiverStates."""

    def __init__(self) -> None:
        self.kept: dict[str, ReceiverState] = {}

    def read(self, name: str) -> ReceiverState:
        return self.kept.get(name, ReceiverState())

    def save(self, name: str, state: ReceiverState) -> None:
        self.kept[name] = state
