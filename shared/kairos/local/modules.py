"""Each function its own process, as far as module state goes.

In Lambda no two functions share memory. Here they share an interpreter, so the modules that hold state (the handler's
own, `kairos.bootstrap`, `kairos.settings`) exist once for each function, and change places as functions take turns.
Everything else is pure and may be shared.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

STATEFUL = ("functions", "kairos.bootstrap", "kairos.settings")


class Modules:
    """The stateful modules of one function. Cold at first, and again after `drop`."""

    def __init__(self, handler: str) -> None:
        self._module, self._name = handler.rsplit(".", 1)
        self._prefixes = tuple(f"{name}." for name in (*STATEFUL, self._module))
        self._own: dict[str, ModuleType] = {}
        self._seen = 0

    @property
    def cold(self) -> bool:
        """Tell whether the next use imports everything anew."""
        return not self._own

    def drop(self) -> None:
        """Forget all state, as the end of a process does."""
        self._own = {}

    @contextmanager
    def installed(self) -> Iterator[Callable[..., Any]]:
        """Put this function's modules in place and yield its handler, importing it if cold."""
        cold = self.cold
        kept = self._remove(self._stateful() if cold else self._own)
        for name, module in self._own.items():
            _bind(name, module)
        try:
            yield getattr(importlib.import_module(self._module), self._name)
        finally:
            # A warm handler may import lazily; nothing new in sys.modules means nothing to look for.
            names = self._stateful() if cold or len(sys.modules) != self._seen else list(self._own)
            self._own = self._remove(names)
            for name, module in kept.items():
                _bind(name, module)
            self._seen = len(sys.modules) + len(self._own) - len(kept)

    def _stateful(self) -> list[str]:
        return [name for name in sys.modules if f"{name}.".startswith(self._prefixes)]

    def _remove(self, names: Any) -> dict[str, ModuleType]:
        return {name: _unbind(name) for name in list(names) if name in sys.modules}


def _bind(name: str, module: ModuleType) -> None:
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _unbind(name: str) -> ModuleType:
    module = sys.modules.pop(name)
    parent, _, child = name.rpartition(".")
    if parent in sys.modules and getattr(sys.modules[parent], child, None) is module:
        delattr(sys.modules[parent], child)
    return module
