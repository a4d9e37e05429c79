"""Run the `cdk` command with the Python and the Node of this project: `python -m infra.cdk deploy -c stage=prod`.

The command itself is a Node program, pinned by package-lock.json and installed on first use into `node_modules`. The
npm tag `latest` of it does not read what this project's CDK library writes, so it is never asked for.
"""

import os
import subprocess
import sys
from pathlib import Path

from infra.node import npm_command

ROOT = Path(__file__).resolve().parent.parent
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def run(arguments: list[str]) -> int:
    """Run `cdk` with these arguments in the project's directory and return its exit code."""
    # cdk.json says `python -m infra.app`, and means the Python that runs this.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    if not CDK.exists():
        subprocess.run([*npm_command(), "ci", "--no-audit", "--no-fund"], cwd=ROOT, env=environment, check=True)
    return subprocess.run([str(CDK), *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
