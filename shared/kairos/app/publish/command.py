"""The publish function's own words: a request {"command", "id" | "ids"} becomes one use case, its outcome plain JSON.

{"ok": true, "release", "paused", "stopped", "changed", "waiting", "warnings", "walks", "differences", "moved"} or
{"ok": false, "error", "problems"}; problems and warnings are {"file", "path", "message"}, walks as `walk_to_json` and
differences as `difference_to_json` writes them. With "dry": true a command says what would come of it, and changes
nothing. What is not the caller's fault is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, cast, get_args

from kairos.app.definitions.documents import BadDefinitions, Problem
from kairos.app.ports import Overdue
from kairos.app.publish.difference import difference_to_json
from kairos.app.publish.many import Signal, confirm, enter, send_signal
from kairos.app.publish.publish import Publish
from kairos.app.publish.published import Published, TakeAlong
from kairos.app.walk.start import StartWalks
from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadInput, Rejected, VersionConflict
from kairos.domain.walk import Gone, Walk, walk_to_json

COMMANDS: Mapping[str, Callable[[Publish, Mapping[str, Any], datetime], Published]] = {
    "publish": lambda publish, request, now: publish.publish(_ids(request), now, _along(request)),
    "pause": lambda publish, request, now: publish.pause(_id(request), now),
    "resume": lambda publish, request, now: publish.resume(_id(request), now, _overdue(request)),
    "rollback": lambda publish, request, now: publish.rollback(now, _along(request)),
    "learn": lambda publish, request, now: publish.learn(request.get("priors"), request.get("scores"), now),
    "renew": lambda publish, request, now: publish.renew(now),
    "stop-all": lambda publish, request, now: publish.stop_all(now),
    "start-all": lambda publish, request, now: publish.start_all(now, _overdue(request)),
    "broadcast": lambda publish, request, now: publish.broadcast(
        _id(request), _segment(request), now, again=request.get("again") is True
    ),
    "confirm": lambda publish, request, now: confirm(publish, _id(request), now),
    "signal": lambda publish, request, now: send_signal(publish, _signal(request), now),
    "enter": lambda publish, request, now: enter(
        publish, _id(request), _texts(request, "profiles"), _mapping(request, "properties"), now
    ),
}
WALK_COMMANDS: Mapping[str, Callable[[StartWalks, Mapping[str, Any], datetime], Iterable[Walk]]] = {
    "walks": lambda walks, request, now: walks.all(),
    "stop-walk": lambda walks, request, now: [walks.stop(_id(request), now)],
}


def run_command(publish: Publish, request: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Do what the request says and return what came of it. Raises Unavailable."""
    try:
        command = request.get("command")
        if request.get("dry") is True:
            publish = publish.dry()
        if isinstance(command, str) and command in WALK_COMMANDS and publish.walks:
            return {"ok": True, "walks": list(map(walk_to_json, WALK_COMMANDS[command](publish.walks, request, now)))}
        if not isinstance(command, str) or command not in COMMANDS:
            raise BadInput("command", f"one of {', '.join((*COMMANDS, *WALK_COMMANDS))}")
        return _told(COMMANDS[command](publish, request, now))
    except BadDefinitions as error:
        text = "what would be live is not valid; nothing was changed"
        return {"ok": False, "error": text, "problems": _rows(error.problems)}
    except (Rejected, VersionConflict) as error:
        return {"ok": False, "error": str(error), "problems": []}


def _told(published: Published) -> dict[str, Any]:
    pointer = published.pointer
    return {
        "ok": True,
        "release": pointer.release,
        "paused": sorted(pointer.paused),
        "stopped": pointer.stopped,
        "changed": list(published.changed),
        "waiting": list(published.waiting),
        "warnings": _rows(published.warnings),
        "walks": list(map(walk_to_json, published.walks)),
        "differences": list(map(difference_to_json, published.differences)),
        "moved": list(published.moved),
    }


def _along(request: Mapping[str, Any]) -> TakeAlong:
    """Return whom the request takes along: {"replan": true or [journey, …], "finish": [journey, …], "gone": …}."""
    replan, gone = request.get("replan", []), request.get("gone", "stay")
    if gone not in get_args(Gone):
        raise BadInput("gone", f"one of {', '.join(get_args(Gone))}: what becomes of who waits at a step that is gone")
    return TakeAlong(
        None if replan is True else _journeys("replan", replan),
        _journeys("finish", request.get("finish", [])),
        cast(Gone, gone),
    )


def _journeys(field: str, ids: Any) -> tuple[str, ...]:
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise BadInput(field, "a list of journeys")
    return tuple(ids)


def _rows(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"file": p.file, "path": p.path, "message": p.message} for p in problems]


def _id(request: Mapping[str, Any]) -> str:
    id = request.get("id")
    if not isinstance(id, str) or not id:
        raise BadInput("id", "the id of a journey")
    return id


def _overdue(request: Mapping[str, Any]) -> Overdue:
    """Return what becomes of what fell due meanwhile. Saying nothing is not saying that it may go out."""
    overdue = request.get("overdue")
    if overdue not in get_args(Overdue):
        raise BadInput("overdue", f"one of {', '.join(get_args(Overdue))}: what becomes of what fell due meanwhile")
    return cast(Overdue, overdue)


def _segment(request: Mapping[str, Any]) -> str | None:
    segment = request.get("segment")
    if segment is not None and not isinstance(segment, str):
        raise BadInput("segment", "the id of a segment")
    return segment


def _signal(request: Mapping[str, Any]) -> Signal:
    fresh_for, id = request.get("fresh_for"), request.get("signal")
    try:
        fresh = parse_duration(fresh_for) if fresh_for is not None else None
    except (ValueError, TypeError) as error:
        raise BadInput("fresh_for", "a duration such as 30m, 2h or 7d") from error
    if id is not None and not isinstance(id, str):
        raise BadInput("signal", "an id")
    where = request.get("where")
    return Signal(_id(request), _mapping(request, "properties"), _segment(request), where, fresh, id)


def _mapping(request: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = request.get(key) or {}
    if not isinstance(found, Mapping):
        raise BadInput(key, "names and values")
    return found


def _texts(request: Mapping[str, Any], key: str) -> list[str]:
    found = request.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadInput(key, "a list of texts")
    return found


def _ids(request: Mapping[str, Any]) -> list[str] | None:
    """Return the ids to publish, None for all. Saying nothing is not saying all."""
    if request.get("all") is True:
        return None
    ids = request.get("ids", [request["id"]] if "id" in request else None)
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) for id in ids):
        raise BadInput("ids", 'a list of ids, or "all": true')
    return ids
