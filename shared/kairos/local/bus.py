"""EventBridge's default bus: rules by pattern and by rate, and their targets.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kairos.local.agenda import Agenda
from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.expressions import Every, parse
from kairos.local.patterns import Pattern
from kairos.local.targets import Targets
from kairos.local.wire import Caller

ENTRIES_MAX = 10
ENTRY_BYTES_MAX = 1024 * 1024
_NAMESPACE = uuid.UUID("3c1d6a52-58a0-5c8e-bc57-6b6169726f73")


@dataclass(slots=True)
class Rule:
    """A rule; `every` and `due` for one on a schedule."""

    name: str
    arn: str
    targets: list[Mapping[str, Any]]
    pattern: Pattern | None = None
    every: timedelta | None = None
    due: datetime | None = None


@dataclass(slots=True)
class Bus:
    """The bus and its rules."""

    now: Callable[[], datetime]
    targets: Targets
    agenda: Agenda
    account: str
    region: str
    rules: list[Rule] = field(default_factory=list)
    _count: int = 0

    def add(self, name: str, properties: Mapping[str, Any]) -> Rule:
        """Add a rule as a template declares it; one that is not ENABLED does nothing."""
        arn = f"arn:aws:events:{self.region}:{self.account}:rule/{name}"
        rule = Rule(name, arn, list(properties.get("Targets", [])))
        if properties.get("EventPattern"):
            rule.pattern = Pattern(properties["EventPattern"])
        if properties.get("ScheduleExpression"):
            when = parse(properties["ScheduleExpression"])
            if not isinstance(when, Every):
                raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.")
            rule.every, rule.due = when.period, self.now() + when.period
        if properties.get("State", "ENABLED") == "ENABLED":
            self.rules.append(rule)
        return rule

    def change_rate(self, name: str, period: timedelta) -> None:
        """Let a rule on a schedule fire every `period` instead; raise KeyError where there is none of that name."""
        rule = {rule.name: rule for rule in self.rules if rule.every is not None}[name]
        rule.every, rule.due = period, self.now() + period

    def put(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: list[str] | None = None) -> str:
        """Put an event onto the bus, deliver it to every rule that matches, and return its id."""
        self._count += 1
        event = {
            "version": "0",
            "id": str(uuid.uuid5(_NAMESPACE, str(self._count))),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": resources or [],
            "detail": detail,
        }
        for rule in self.rules:
            if rule.pattern is not None and rule.pattern.matches(event):
                self._deliver(rule, event)
        return str(event["id"])

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return True

    def answer(self, call: Call) -> dict[str, Any]:
        if call.operation != "PutEvents":
            raise AwsError("ValidationException", f"{call.operation} is not played by the local cloud")
        entries = call.params["Entries"]
        if len(entries) > ENTRIES_MAX:
            raise AwsError("ValidationException", "1 validation error detected: at most 10 entries")
        if sum(len(json.dumps(entry, default=str).encode()) for entry in entries) > ENTRY_BYTES_MAX:
            raise AwsError("ValidationException", "Total size of the entries in the request is over the limit")
        results = [self._put_entry(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def _put_entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {missing[0]} is not valid."}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        # Delivery comes after the answer: a function may put an event that starts itself.
        source, kind, resources = entry["Source"], entry["DetailType"], list(entry.get("Resources", []))
        self.agenda.add(self.now(), lambda: void(self.put(source, kind, detail, resources)))
        self._count += 1
        return {"EventId": str(uuid.uuid5(_NAMESPACE, f"put#{self._count}"))}

    def next_due(self) -> datetime | None:
        """Return when the next rule on a schedule fires."""
        return min((rule.due for rule in self.rules if rule.due is not None), default=None)

    def run_due(self, now: datetime) -> bool:
        """Fire the rules due by `now`; tell whether any was."""
        did = False
        for rule in self.rules:
            if rule.due is not None and rule.every is not None and rule.due <= now:
                rule.due += rule.every
                self._tick(rule)
                did = True
        return did

    def _tick(self, rule: Rule) -> None:
        self._count += 1
        event = {
            "version": "0",
            "id": str(uuid.uuid5(_NAMESPACE, str(self._count))),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.account,
            "time": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": [rule.arn],
            "detail": {},
        }
        self._deliver(rule, event)

    def _deliver(self, rule: Rule, event: Mapping[str, Any]) -> None:
        for target in rule.targets:
            self._attempt(rule, target, _input(target, event), 1)

    def _attempt(self, rule: Rule, target: Mapping[str, Any], text: str, attempt: int) -> None:
        principal = Caller("events", source=rule.arn)
        try:
            self.targets.deliver(principal, target, text)
        except AwsError as error:
            retries = int((target.get("RetryPolicy") or {}).get("MaximumRetryAttempts", 185))
            if attempt <= retries and error.status >= 429:
                again = self.now() + timedelta(seconds=min(2**attempt, 600))
                self.agenda.add(again, lambda: self._attempt(rule, target, text, attempt + 1))
            else:
                self.targets.bury(principal, {**target, "Input": text}, error, attempt, rule.arn)


def void(_: Any) -> None:
    """Take a result that nobody wants."""


def _input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return what the target gets of `event`."""
    if target.get("InputTransformer"):
        raise AwsError("ValidationException", "the local cloud does not play InputTransformer")
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        found: Any = event
        for key in target["InputPath"].removeprefix("$").strip(".").split("."):
            found = found[key] if key else found
        return json.dumps(found)
    return json.dumps(event)
