"""What went wrong, in one line for a person: what it is, and what to do about it. Mistakes of ours keep their trace."""

from __future__ import annotations

from kairos.domain.errors import KairosError, Unavailable

WRONG, UNREACHABLE = 1, 3


class CannotDo(Exception):
    """What was asked for cannot be done as it was given."""


class NotDeployed(Exception):
    """The stack, or something of it that a command needs, is not there."""


def explain_failure(error: Exception) -> tuple[int, str] | None:
    """Return exit code and message, or None for an error that is nobody's but ours."""
    if isinstance(error, Unavailable | NotDeployed):
        return UNREACHABLE, str(error)
    if isinstance(error, KairosError | CannotDo | OSError):
        return WRONG, str(error)
    return _of_aws(error) if type(error).__module__.startswith("botocore.") else None


def _of_aws(error: Exception) -> tuple[int, str]:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        problem = error.response.get("Error", {})
        return UNREACHABLE, f"AWS refuses {error.operation_name} ({problem.get('Code')}): {problem.get('Message')}"
    if isinstance(error, exceptions.NoRegionError):
        return UNREACHABLE, "no AWS Region is configured: say --region, or set one with `aws configure`"
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return UNREACHABLE, "no AWS credentials were found: say --profile, or sign in with `aws sso login`"
    return UNREACHABLE, f"AWS cannot be reached: {error}"
