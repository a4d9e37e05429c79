"""The rows of a profile's parts: entries, passages, messages and what else has a record of its own.

Keys are never used again for something else.
"""

from __future__ import annotations

from kairos.domain.consent import GIVEN
from kairos.domain.packing.rows import (
    NEVER,
    Table,
    filed,
    instant,
    mapping,
    maybe_instant,
    plain,
    sequence,
    texts,
    times,
)
from kairos.domain.profile import (
    Consent,
    Counter,
    Enrollment,
    Entry,
    Message,
    Parcel,
    Planned,
    Posted,
    Predicted,
    Trial,
    Written,
)
from kairos.domain.reason import Reason

CONSENT = Table(
    Consent,
    plain("basis", "b", GIVEN),
    plain("wording", "w", ""),
    instant("expires_at", "x", None),
    instant("confirmed_at", "c", None),
    instant("refused_at", "r", None),
)
"""What few consents have; what all have stands before it."""
ENTRY = Table(
    Entry,
    plain("kind", "k"),
    plain("id", "i"),
    maybe_instant("starts_at", "s"),
    maybe_instant("ends_at", "e"),
    ("properties", "p", dict, None, NEVER),
    instant("occurred_at", "o"),
    plain("cancelled", "x", False),
    texts("former", "f"),
    instant("until", "u", None),
)
PLANNED = Table(Planned, instant("due", "d"), plain("state", "s", "planned"))
COUNTER = Table(Counter, instant("since", "s"), times("times", "t"))
TRIAL = Table(Trial, plain("arm", "a"), instant("since", "s"), instant("until", "u"), plain("succeeded", "k", False))
ENROLLMENT = Table(
    Enrollment,
    plain("id", "i"),
    plain("journey", "j"),
    plain("version", "v"),
    plain("subject", "s"),
    instant("entered_at", "a"),
    instant("reached_at", "r"),
    mapping("properties", "p"),
    plain("correlation", "c", ""),
    plain("node", "n", None),
    instant("due", "d", None),
    mapping("visits", "w"),
    plain("holding", "h", None),
    plain("entering", "b", False),
    filed("plan", "l", PLANNED),
    ("entry", "y", list, tuple, None),
    instant("anchor_at", "o", None),
    instant("goal_until", "g", None),
    plain("converted", "k", False),
    plain("holdout", "q", False),
    plain("occurrence", "oc", None),
    instant("ended_at", "e", None),
    texts("asked", "t"),
    plain("closed", "z", False),
    filed("trials", "x", TRIAL),
    texts("done", "f"),
)
MESSAGE = Table(
    Message,
    plain("id", "i"),
    plain("enrollment", "e"),
    plain("journey", "j"),
    plain("version", "v"),
    plain("step", "s"),
    plain("subject", "b"),
    plain("template", "t"),
    plain("channel", "c"),
    plain("marketing", "m"),
    instant("due", "d"),
    instant("expires_at", "x"),
    plain("state", "a"),
    instant("until", "u", None),
    instant("check_at", "k", None),
    plain("asks", "n", 0),
    plain("attempt", "p", 0),
    plain("visit", "w", 0),
    texts("untried", "y"),
    plain("over_cap", "o", "drop"),
    plain("reason", "r", ""),
    plain("correlation", "g", ""),
    plain("conditional", "f", False),
    instant("chosen", "h", None),
)
PARCEL = Table(
    Parcel,
    plain("id", "i"),
    plain("kind", "k"),
    plain("content", "c"),
    instant("check_at", "a", None),
    plain("asks", "n", 0),
    plain("correlation", "g", ""),
)
REASON = Table(
    Reason,
    instant("at", "a"),
    plain("profile", "p"),
    plain("kind", "k"),
    plain("reason", "r", ""),
    plain("journey", "j", ""),
    plain("version", "v", 0),
    plain("step", "s", ""),
    plain("subject", "b", ""),
    plain("channel", "c", ""),
    plain("template", "t", ""),
    instant("due", "d", None),
    plain("message", "m", ""),
)
POSTED = Table(
    Posted,
    plain("journey", "j"),
    plain("version", "v"),
    plain("step", "s"),
    plain("channel", "c"),
    instant("at", "a"),
    plain("told", "t", 0),
)
PREDICTED = Table(
    Predicted,
    plain("occurrence", "o"),
    plain("made_on", "n"),
    plain("day", "d"),
    plain("moves", "m", 0),
)
WRITTEN = Table(
    Written,
    plain("version", "v"),
    plain("release", "r"),
    instant("at", "a"),
    sequence("reasons", "l", REASON),
)
