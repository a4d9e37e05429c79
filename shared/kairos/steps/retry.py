"""`retry: {send: T, until: {event: E}, every: 1d, times: 3, channels: [email, sms]}` — ask again until they respond.

`channels: {best: [email, sms]}` takes, of those tried least in this passage, the channel that this customer answers
most (`kairos.timing.channel`), as the item counts sends and answers by the hour, or for the brand's share of choices
any of them. So who answers nothing hears from each in turn. The propensity of each choice is told in its reason.

Each attempt is a message of its own, under quiet hours, caps, expiry and `if` like any other, by the next of the
channels that can reach the customer. The wait for a response begins when the attempt is asked for, after quiet hours
have held it. A response stops it at any moment and takes back an attempt that is not out yet: `then`; when the wait
after the last attempt is over: `else`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kairos.domain.decision import Ask, Decision, Go, Park, Scene
from kairos.domain.document import ID_FORM, Document, Path
from kairos.domain.errors import BadDefinition
from kairos.domain.event import Event
from kairos.domain.hour_counts import HourCounts
from kairos.domain.ids import fraction
from kairos.domain.journey import Matcher, SendArgs
from kairos.domain.membership import only_event
from kairos.steps._step import PlainStep
from kairos.steps.send import BEST_WITHIN, SEND_OPTIONS, SEND_SCHEMA, read_best_within, read_send
from kairos.steps.wait_for import answers, read_matcher
from kairos.timing.channel import answer_rate, choose_channel

TIMES_MAX = 10
RESPONDED = "they responded"


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is sent, how often at most, by which channels in turn (none: the template's own order), until when."""

    send: SendArgs
    until: Matcher
    every: timedelta
    times: int
    channels: tuple[str, ...]
    best: bool = False


_CHANNELS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"$ref": "#/$defs/channel"},
}
BEST = "best"
BEST_CHANNEL = "best channel"


class Retry(PlainStep):
    """Send, wait for a response, and send again."""

    keyword = "retry"
    beside = ("then", "else")
    elapsed = True
    schema = {
        "retry": {
            "type": "object",
            "additionalProperties": False,
            "required": ["send", "until", "every", "times"],
            "properties": {
                **{key: form for key, form in SEND_SCHEMA.items() if key != "channel"},
                "at": BEST_WITHIN,
                "until": {"$ref": "#/$defs/matcher"},
                "every": {"$ref": "#/$defs/duration"},
                "times": {"type": "integer", "minimum": 1, "maximum": TIMES_MAX},
                "channels": {
                    "anyOf": [
                        _CHANNELS,
                        {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["best"],
                            "properties": {"best": _CHANNELS},
                        },
                    ]
                },
            },
        },
        "then": {"$ref": "#/$defs/steps"},
        "else": {"$ref": "#/$defs/steps"},
    }

    def read(self, document: Document) -> Attempts:
        inner = document.inner("retry")
        inner.only("send", "until", "every", "times", "channels", "at", *SEND_OPTIONS)
        until = inner.inner("until")
        only_event(until, "where")
        return Attempts(
            send=replace(read_send(inner), best_within=read_best_within(inner)),
            until=read_matcher(until),
            every=inner.duration("every"),
            times=inner.read("times", _times, f"a whole number from 1 to {TIMES_MAX}"),
            channels=_channels(inner),
            best=isinstance(inner.raw.get("channels"), Mapping),
        )

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [(way, document.items(way)) for way in ("then", "else") if document.has(way)]

    def enter(self, args: Attempts, scene: Scene) -> Decision:
        if args.best:
            return _ask_by_best(args, scene)
        return Ask(replace(args.send, channel=_channel(args, scene)))

    def asked(self, args: Attempts, scene: Scene) -> Decision:
        return Park(scene.at + args.every)

    def wake(self, args: Attempts, scene: Scene) -> Decision:
        return self.enter(args, scene) if _attempts(scene) < args.times else Go("else")

    def hear(self, args: Attempts, scene: Scene, event: Event) -> Decision | None:
        if event.occurred_at < scene.at or not answers(args.until, scene, event):
            return None
        due = scene.enrollment.due
        if _attempts(scene) >= args.times and due is not None and event.occurred_at > due:
            return None  # the last wait was over before, however late the wake-up comes
        return Go("then", withdraw=RESPONDED)


def _attempts(scene: Scene) -> int:
    return scene.enrollment.visits.get(scene.enrollment.node or "", 0)


def _channel(args: Attempts, scene: Scene) -> str | None:
    """Return the next channel in turn that can reach the customer; where none can, the next one says why not."""
    if not args.channels:
        return None
    first = _attempts(scene) % len(args.channels)
    in_turn = (*args.channels[first:], *args.channels[:first])
    return next((channel for channel in in_turn if scene.reaches(channel)), in_turn[0])


def _ask_by_best(args: Attempts, scene: Scene) -> Ask:
    """Ask by one of the channels that can reach the customer and were tried least in this passage; where none can, by
    the first, which says why not."""
    reaching = [channel for channel in args.channels if scene.reaches(channel)]
    if not reaching:
        return Ask(replace(args.send, channel=args.channels[0]))
    tried = _tried(scene)
    least = min(tried[channel] for channel in reaching)
    rates = {channel: _rate(scene, channel) for channel in reaching if tried[channel] == least}
    draw = fraction("channel", scene.enrollment.id, scene.enrollment.node or "", str(_attempts(scene)))
    choice = choose_channel(rates, draw, scene.explore)
    kind = f"{BEST_CHANNEL}, exploring" if choice.explored else BEST_CHANNEL
    said = f"{kind}: 1 of {len(rates)}, propensity {choice.propensity:.4f}"
    return Ask(replace(args.send, channel=choice.channel), said)


def _tried(scene: Scene) -> Counter[str]:
    """Return how often each channel was tried by this step of this passage."""
    return Counter(
        posted.channel
        for id in scene.enrollment.asked
        if (posted := scene.profile.posted.get(id)) is not None and posted.step == scene.enrollment.node
    )


def _rate(scene: Scene, channel: str) -> float:
    rows = (scene.profile.hours.get(f"{kind} {channel}", HourCounts()) for kind in ("sent", "answered"))
    sent, answered = (row.total() for row in rows)
    return answer_rate(sent, answered, scene.usual_rate(channel))


def _channels(inner: Document) -> tuple[str, ...]:
    if not inner.has("channels"):
        return ()
    if isinstance(inner.raw["channels"], Mapping):
        inner = inner.inner("channels")
        inner.only(BEST)
        return _listed(inner, BEST)
    return _listed(inner, "channels")


def _listed(inner: Document, key: str) -> tuple[str, ...]:
    channels = [channel for channel, _ in inner.items(key)]
    named = all(isinstance(channel, str) and ID_FORM.fullmatch(channel) for channel in channels)
    if not named or not channels or len(set(channels)) < len(channels):
        raise BadDefinition((*inner.path, key), "expected channels such as [email, sms], each once")
    return tuple(channels)


def _times(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= TIMES_MAX:
        raise ValueError
    return value


STEP = Retry()
