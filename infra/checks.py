"""The rules that the stack must pass before it is deployed, and where it departs from them, why."""

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import KairosStack


def check(app: App, stack: KairosStack) -> None:
    """Make synthesis fail on a finding of either rule pack that is not acknowledged here."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
