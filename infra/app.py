"""Synthesise the stack: `python -m infra.app`, which is what `cdk` runs, or `synthesise()` from Python.

`-c stage=prod` chooses the stage. `alarm_email`, `email_identity`, `allowed_origins` (with commas), `traces`,
`link_domain`, `link_certificate`, `account` and `region` are said the same way, or stand in cdk.json under
`context.stages.<stage>`, where the next deployment does not forget them. No account is looked up, and nothing is read
from one. See docs/deploy.md.
"""

import json
import os
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Tags

from infra.checks import check
from infra.stack import KairosStack
from infra.stage import Options, Stage

ROOT = Path(__file__).resolve().parent.parent
DUMMY_ACCOUNT, DEFAULT_REGION = "123456789012", "ap-northeast-2"


def build(app: App) -> KairosStack:
    """Add to `app` the stack that its context asks for; raise `ValueError` for a stage name that AWS would refuse."""
    stage = Stage.named(app.node.try_get_context("stage") or "dev")
    stack = KairosStack(app, stage, _options(app), env=_environment(app))
    Tags.of(stack).add("project", "kairos")
    Tags.of(stack).add("stage", stage.name)
    return stack


def synthesise(
    stage: str = "local", outdir: Path | str | None = None, *, bundle: bool = False, checked: bool = False, **said: str
) -> Path:
    """Write the CloudFormation of `stage` and return the template's path.

    Without `bundle` no package is built, which a reader of the template does not need. With `checked` it also passes
    the rules of `infra/checks.py`, or raises. `said` is context such as `alarm_email="…"`. Without `outdir` a new
    directory is made under the system's temporary one, and is the caller's to delete.
    """
    context: dict[str, Any] = {
        # The CDK's feature flags, which the `cdk` command reads for itself: both must make the same template.
        **json.loads((ROOT / "cdk.json").read_text())["context"],
        "stage": stage,
        "account": DUMMY_ACCOUNT,
        "region": DEFAULT_REGION,
        **said,
    }
    if not bundle:
        context["aws:cdk:bundling-stacks"] = []
    app = App(outdir=str(outdir) if outdir else None, context=context)
    stack = build(app)
    if checked:
        check(app, stack)
    return Path(app.synth().directory) / stack.template_file


def main() -> None:
    """Synthesise as the `cdk` command asks, by its environment."""
    app = App()
    check(app, build(app))
    app.synth()


def _options(app: App) -> Options:
    origins = _said(app, "allowed_origins")
    return Options(
        alarm_email=_said(app, "alarm_email"),
        email_identity=_said(app, "email_identity"),
        allowed_origins=tuple(origins.split(",")) if origins else Options().allowed_origins,
        traces=_said(app, "traces") in ("true", "True"),
        link_domain=_said(app, "link_domain"),
        link_certificate=_said(app, "link_certificate"),
    )


def _environment(app: App) -> Environment:
    # Always explicit: a table under a customer's key cannot be described for a region that is not known yet.
    return Environment(
        account=_said(app, "account") or os.environ.get("CDK_DEFAULT_ACCOUNT") or DUMMY_ACCOUNT,
        region=_said(app, "region") or os.environ.get("CDK_DEFAULT_REGION") or DEFAULT_REGION,
    )


def _said(app: App, name: str) -> str | None:
    kept = (app.node.try_get_context("stages") or {}).get(app.node.try_get_context("stage"), {})
    value = app.node.try_get_context(name) or kept.get(name)
    return str(value) if value else None


if __name__ == "__main__":
    main()
