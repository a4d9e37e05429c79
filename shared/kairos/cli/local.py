"""`local`: the whole cloud on localhost. It lives beside the command line, so it is found by name and not imported."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from kairos.cli.failure import CannotDo


def serve_locally(port: int, folder: Path | None) -> int:
    """Serve until stopped. Raises CannotDo where what it needs is not installed."""
    if find_spec("moto") is None:
        raise CannotDo("the local cloud needs more packages: pip install 'kairos[local]', or `make setup`")
    import_module("kairos.local.serve").serve(port=port, brand=folder)
    return 0
