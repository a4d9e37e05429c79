"""EventBridge Scheduler: the group that alarm clocks lie in, and how many more the Region takes."""

from __future__ import annotations

from collections.abc import Iterator

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import PAGES_MAX, Absent, MayNot, Patient

QUOTA = "Number of schedules"
"""The quota's name in Service Quotas: https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html."""
NEARLY, FULL = 0.8, 0.95
PAGE = 100


def schedule_group(patient: Patient) -> Iterator[Finding]:
    """Ask whether the group is there and takes schedules."""
    name = patient.output("ScheduleGroup")
    try:
        state = patient.ask("scheduler", "GetScheduleGroup", Name=name)["State"]
    except Absent:
        yield wrong(f"there is no schedule group {name}: no alarm can be armed", patient.deploy)
        return
    if state == "ACTIVE":
        yield ok(f"the schedule group {name} is there")
    else:
        yield wrong(f"the schedule group {name} is {state}", f"wait until it is gone, then {patient.deploy}")


def schedule_count(patient: Patient) -> Iterator[Finding]:
    """Ask how many schedules there are, against the Region's quota. Other applications' count there, too."""
    count, more = _count(patient)
    says = f"{'more than ' if more else ''}{count:,} schedules wait in this group"
    try:
        quota = _quota(patient)
    except MayNot as error:
        yield unknown(f"{says}; of how many is unknown: {error}", f"allow {error.action} to whoever runs this")
        return
    page = patient.console("servicequotas/home/services/scheduler/quotas")
    if quota is None:
        told = "the local cloud has no quota" if patient.is_local else "Service Quotas does not say how many may"
        yield unknown(f"{says}; {told}", "" if patient.is_local else f"see {page}")
    elif count >= FULL * quota:
        yield wrong(f"{says}, of {quota:,} that the Region takes", f"ask for more: {page}")
    elif count >= NEARLY * quota:
        yield warn(f"{says}, of {quota:,} that the Region takes", f"ask for more: {page}")
    elif more:
        yield unknown(f"{says}: too many to count here, of {quota:,} that the Region takes", f"see {page}")
    else:
        yield ok(f"{says}, of {quota:,} that the Region takes")


def _count(patient: Patient) -> tuple[int, bool]:
    """Return how many there are, and whether counting was given up at that."""
    count, pages = 0, 0
    group = patient.output("ScheduleGroup")
    for page in patient.pages("scheduler", "ListSchedules", "Schedules", GroupName=group, MaxResults=PAGE):
        count, pages = count + len(page), pages + 1
    return count, pages == PAGES_MAX and count == PAGES_MAX * PAGE


def _quota(patient: Patient) -> int | None:
    """Return the quota in force, or the Region's default where nobody ever asked for another."""
    if patient.is_local:
        return None
    for operation in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        try:
            for page in patient.pages("service-quotas", operation, "Quotas", ServiceCode="scheduler"):
                for quota in page:
                    if quota.get("QuotaName") == QUOTA and "Value" in quota:
                        return int(quota["Value"])
        except Absent:
            continue
    return None
