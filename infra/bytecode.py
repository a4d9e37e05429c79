"""Compile a package before it is shipped: /var/task and /opt are read-only, so a function that arrives without .pyc
compiles what it imports at every cold start, which doubles the processor time of `import boto3` and a first client.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def find_python(version: str) -> Path | None:
    """Return a Python of exactly this minor version ("3.13"), or None; bytecode of another minor is not read."""
    for candidate in _candidates(version):
        if _reports(candidate, version):
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    # pyenv's shim of a version that is not selected exists and fails; the interpreters themselves stand here.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True)
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}*/bin/python{version}"), reverse=True)


def _reports(python: Path, version: str) -> bool:
    try:
        answer = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def compile_tree(target: Path, version: str, installed_at: str) -> bool:
    """Write .pyc files under `target`, whose tracebacks say `installed_at`; return False where no such Python is found.

    They are `unchecked-hash`: the runtime trusts them without a look at the source, and their bytes depend on nothing
    but the source, so an unchanged package has an unchanged hash.
    """
    python = find_python(version)
    if python is None:
        sys.stderr.write(
            f"no Python {version} found: shipping without bytecode; cold starts take about twice as long\n"
        )
        return False
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(target), "-p", installed_at, str(target)], check=True)
    return True
