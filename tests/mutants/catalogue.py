"""Every mutant, in the order in which data flows."""

from __future__ import annotations

from tests.mutants import of_content, of_decide, of_delivery, of_intake, of_passages, of_storage, of_time, of_webhooks

CATALOGUE = [
    *of_intake.MUTANTS,
    *of_decide.MUTANTS,
    *of_passages.MUTANTS,
    *of_time.MUTANTS,
    *of_delivery.MUTANTS,
    *of_content.MUTANTS,
    *of_webhooks.MUTANTS,
    *of_storage.MUTANTS,
]
