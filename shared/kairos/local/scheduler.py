"""EventBridge Scheduler: its API, its checks, and its alarms going off.

moto stores schedules and never fires them. Here a schedule fires at its instant, into its target, in the name of its
role; `ActionAfterCompletion: DELETE` removes it; a target that refuses is tried again as the retry policy says, and
what cannot be delivered goes to the schedule's dead-letter queue.
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kairos.local.agenda import Agenda
from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.expressions import Every, Once, parse
from kairos.local.targets import Targets
from kairos.local.wire import Caller

_NAME = re.compile(r"^[0-9a-zA-Z\-_.]{1,64}$")
INPUT_MAX = 256 * 1024
TOKEN_LIFE = timedelta(hours=8)
_RETRYABLE = re.compile(r"Throttl|Unavailable|Timeout|Internal|TooManyRequests|RequestThrottled")


@dataclass(slots=True)
class Schedule:
    """A schedule; `params` are those of CreateSchedule."""

    name: str
    group: str
    params: Mapping[str, Any]
    when: Once | Every
    created_at: datetime
    modified_at: datetime
    due: datetime | None


@dataclass(slots=True)
class Scheduler:
    """All groups and schedules of the stack."""

    now: Callable[[], datetime]
    targets: Targets
    agenda: Agenda
    account: str
    region: str
    groups: dict[str, dict[str, Schedule]] = field(default_factory=lambda: {"default": {}})
    fired: int = 0
    _heap: list[tuple[datetime, str, str]] = field(default_factory=list)
    _tokens: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return True

    def answer(self, call: Call) -> dict[str, Any]:
        act = _OPERATIONS.get(call.operation)
        if act is None:
            raise AwsError("ValidationException", f"{call.operation} is not played by the local cloud")
        return act(self, call.params)

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        group = self._group(params)
        token = params.get("ClientToken")
        if token in self._tokens and self._tokens[token][0] + TOKEN_LIFE > self.now():
            return {"ScheduleArn": self._tokens[token][1]}
        when = _checked(params, self.now())
        if params["Name"] in group:
            raise AwsError("ConflictException", f"Schedule {params['Name']} already exists.", 409)
        self._put(params, when, self.now())
        arn = self._arn(params)
        if token:
            self._tokens[token] = (self.now(), arn)
        return {"ScheduleArn": arn}

    def update(self, params: Mapping[str, Any]) -> dict[str, Any]:
        created_at = self._schedule(params).created_at
        self._put(params, _checked(params, self.now()), created_at)
        return {"ScheduleArn": self._arn(params)}

    def get(self, params: Mapping[str, Any]) -> dict[str, Any]:
        schedule = self._schedule(params)
        return {
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "ActionAfterCompletion": "NONE",
            **{key: value for key, value in schedule.params.items() if key != "ClientToken"},
            "Arn": self._arn(params),
            "GroupName": schedule.group,
            "CreationDate": schedule.created_at,
            "LastModificationDate": schedule.modified_at,
        }

    def delete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        schedule = self._schedule(params)
        del self.groups[schedule.group][schedule.name]
        return {}

    def list(self, params: Mapping[str, Any]) -> dict[str, Any]:
        groups = [params["GroupName"]] if params.get("GroupName") else sorted(self.groups)
        found = [s for name in groups for s in self.groups.get(name, {}).values()]
        prefix, state = params.get("NamePrefix", ""), params.get("State")
        chosen = [s for s in found if s.name.startswith(prefix) and state in (None, s.params.get("State", "ENABLED"))]
        chosen.sort(key=lambda schedule: (schedule.group, schedule.name))
        start, most = int(params.get("NextToken") or 0), int(params.get("MaxResults") or 100)
        page = chosen[start : start + most]
        answer: dict[str, Any] = {"Schedules": [self._summary(schedule) for schedule in page]}
        return {**answer, "NextToken": str(start + most)} if start + most < len(chosen) else answer

    def create_group(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not _NAME.match(params["Name"]):
            raise _illegal("Name", params["Name"])
        if params["Name"] in self.groups:
            raise AwsError("ConflictException", f"Schedule group {params['Name']} already exists.", 409)
        self.groups[params["Name"]] = {}
        return {"ScheduleGroupArn": self.group_arn(params["Name"])}

    def group_arn(self, name: str) -> str:
        return f"arn:aws:scheduler:{self.region}:{self.account}:schedule-group/{name}"

    def next_due(self) -> datetime | None:
        """Return when the next schedule fires."""
        while self._heap:
            due, group, name = self._heap[0]
            schedule = self.groups.get(group, {}).get(name)
            if schedule is not None and schedule.due == due:
                return due
            heapq.heappop(self._heap)  # deleted or changed since
        return None

    def run_due(self, now: datetime) -> bool:
        """Fire what is due by `now`, in order of time and name; tell whether anything was."""
        did = False
        while (due := self.next_due()) is not None and due <= now:
            _, group, name = heapq.heappop(self._heap)
            self._fire(self.groups[group][name], due)
            did = True
        return did

    def _fire(self, schedule: Schedule, due: datetime) -> None:
        self.fired += 1
        if isinstance(schedule.when, Every):
            schedule.due = due + schedule.when.period
            heapq.heappush(self._heap, (schedule.due, schedule.group, schedule.name))
        else:
            schedule.due = None
            if schedule.params.get("ActionAfterCompletion") == "DELETE":
                del self.groups[schedule.group][schedule.name]
        self._attempt(schedule, due, 1)

    def _attempt(self, schedule: Schedule, due: datetime, attempt: int) -> None:
        target = schedule.params["Target"]
        try:
            self.targets.deliver(self._principal(schedule), target, target.get("Input", "{}"))
        except AwsError as error:
            self._again(schedule, due, attempt, error)

    def _again(self, schedule: Schedule, due: datetime, attempt: int, error: AwsError) -> None:
        policy = schedule.params["Target"].get("RetryPolicy") or {}
        retries = int(policy.get("MaximumRetryAttempts", 185))
        ends = due + timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", 86_400)))
        again = self.now() + min(timedelta(seconds=2**attempt), timedelta(minutes=10))
        if _RETRYABLE.search(error.code) and attempt <= retries and again <= ends:
            self.agenda.add(again, lambda: self._attempt(schedule, due, attempt + 1))
        else:
            principal, target = self._principal(schedule), schedule.params["Target"]
            self.targets.bury(principal, target, error, attempt, self._arn(schedule.params))

    def _principal(self, schedule: Schedule) -> Caller:
        return Caller("scheduler", source=self.group_arn(schedule.group), role=schedule.params["Target"]["RoleArn"])

    def _group(self, params: Mapping[str, Any]) -> dict[str, Schedule]:
        name = params.get("GroupName") or "default"
        if name not in self.groups:
            raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
        return self.groups[name]

    def _schedule(self, params: Mapping[str, Any]) -> Schedule:
        group = self._group(params)
        if params["Name"] not in group:
            raise AwsError("ResourceNotFoundException", f"Schedule {params['Name']} does not exist.", 404)
        return group[params["Name"]]

    def _put(self, params: Mapping[str, Any], when: Once | Every, created_at: datetime) -> None:
        name, group = params["Name"], params.get("GroupName") or "default"
        start = params.get("StartDate") or self.now()
        due = when.at if isinstance(when, Once) else start if params.get("StartDate") else start + when.period
        enabled = params.get("State", "ENABLED") == "ENABLED"
        copied = json.loads(json.dumps(dict(params), default=str))
        schedule = Schedule(name, group, copied, when, created_at, self.now(), due if enabled else None)
        self.groups[group][name] = schedule
        if schedule.due is not None:
            heapq.heappush(self._heap, (schedule.due, group, name))

    def _arn(self, params: Mapping[str, Any]) -> str:
        group = params.get("GroupName") or "default"
        return f"arn:aws:scheduler:{self.region}:{self.account}:schedule/{group}/{params['Name']}"

    def _summary(self, schedule: Schedule) -> dict[str, Any]:
        return {
            "Arn": self._arn(schedule.params),
            "Name": schedule.name,
            "GroupName": schedule.group,
            "State": schedule.params.get("State", "ENABLED"),
            "Target": {"Arn": schedule.params["Target"]["Arn"]},
            "CreationDate": schedule.created_at,
            "LastModificationDate": schedule.modified_at,
        }


def _delete_group(scheduler: Scheduler, params: Mapping[str, Any]) -> dict[str, Any]:
    scheduler._group({"GroupName": params["Name"]})
    del scheduler.groups[params["Name"]]
    return {}


def _get_group(scheduler: Scheduler, params: Mapping[str, Any]) -> dict[str, Any]:
    scheduler._group({"GroupName": params["Name"]})
    return {"Name": params["Name"], "Arn": scheduler.group_arn(params["Name"]), "State": "ACTIVE"}


_OPERATIONS: dict[str, Callable[[Scheduler, Mapping[str, Any]], dict[str, Any]]] = {
    "CreateSchedule": Scheduler.create,
    "UpdateSchedule": Scheduler.update,
    "GetSchedule": Scheduler.get,
    "DeleteSchedule": Scheduler.delete,
    "ListSchedules": Scheduler.list,
    "CreateScheduleGroup": Scheduler.create_group,
    "DeleteScheduleGroup": _delete_group,
    "GetScheduleGroup": _get_group,
}


def _illegal(field_name: str, value: str) -> AwsError:
    return AwsError("ValidationException", f"Value {value!r} at {field_name!r} must match ^[0-9a-zA-Z-_.]+$ (1-64).")


def _checked(params: Mapping[str, Any], now: datetime) -> Once | Every:
    """Return when the schedule falls due; raise `AwsError` for what Scheduler refuses."""
    for name in ("Name", "GroupName"):
        if params.get(name) is not None and not _NAME.match(params[name]):
            raise _illegal(name, params[name])
    when = parse(params["ScheduleExpression"], params.get("ScheduleExpressionTimezone"))
    if isinstance(when, Once) and when.at < now:
        raise AwsError("ValidationException", f"{params['ScheduleExpression']} is in the past.")
    window = params["FlexibleTimeWindow"]
    if (window["Mode"] == "OFF") != ("MaximumWindowInMinutes" not in window):
        raise AwsError("ValidationException", "MaximumWindowInMinutes goes with Mode FLEXIBLE, and only with it.")
    _check_target(params["Target"])
    return when


def _check_target(target: Mapping[str, Any]) -> None:
    if not str(target.get("RoleArn", "")).startswith("arn:aws:iam::"):
        raise AwsError("ValidationException", "Provided role is not valid.")
    if not str(target.get("Arn", "")).startswith("arn:aws:"):
        raise AwsError("ValidationException", "Provided Arn is not in correct format.")
    if len(target.get("Input", "").encode()) > INPUT_MAX:
        raise AwsError("ValidationException", "Input must be at most 256 KB.")
    if target["Arn"].endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise AwsError("ValidationException", "MessageGroupId is required for a FIFO queue.")
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if dead_letters.endswith(".fifo"):
        raise AwsError("ValidationException", "The dead-letter queue must be a standard queue.")
