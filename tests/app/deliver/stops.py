"""What may come between a message and its customer, as it is done to the world of a test."""

from __future__ import annotations

from collections.abc import Callable

from kairos.domain.profile import Consent
from tests.app.delivery import ADDRESS, NOON, World


def erase(world: World) -> None:
    world.customers.profiles.clear()


def leave(world: World) -> None:
    world.customer.messages.clear()
    world.save()


def withdraw(world: World) -> None:
    world.customer.consents["email", "marketing"] = Consent(False, NOON)
    world.save()


def forget_consent(world: World) -> None:
    world.customer.consents.clear()
    world.save()


def suppress(purpose: str) -> Callable[[World], None]:
    return lambda world: world.suppressions.suppress("email", ADDRESS, purpose, "test", NOON)
