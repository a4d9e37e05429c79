"""Requests, units and list price of an event and of a message, against what DESIGN promises.

Counts are exact: the deployed template runs in the local cloud, and units come from item sizes. Lambda's GB-seconds
are the one estimate: processor time as measured here (`bench/cpu.py`), at the share of a core that each function's
memory buys, and an assumed wait for each call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.cpu import Run
from bench.mixes import Mix
from bench.prices import READ_ON, REGIONS, SOURCES, US_EAST_1, Prices
from bench.report import Section, table
from bench.usage import CORE_MB, WAIT_MS, WAIT_MS_DEFAULT, Usage, bill, gb_seconds, wait_ms

EVENT_USD_MAX, MESSAGE_USD_MAX = 4.0, 10.0
"""DESIGN section 7: at list price, per million."""
EVENT_MIX = {"no-op behaviour": 0.9, "starts a journey": 0.1}
REPORTS = {"Delivery": 1.0, "Open": 0.4, "Click": 0.05}
"""How often SES reports what, for each message. It is not asked for its Send events."""
MEMORY_MB = 512
TOGETHER = ("one", "10 customers", "10 of one customer")


def estimated(mixes: Sequence[Mix], runs: Sequence[Run], memory_mb: Mapping[str, int]) -> list[Mix]:
    """Return the mixes with their GB-seconds, from the processor time of the run one by one."""
    singly = next(run for run in runs if run.batch == 1)
    handled = {mix.name: mix.usage.invocations for mix in mixes if mix.together == "one"}
    return [replace(mix, usage=_with_gb_seconds(mix.usage, handled[mix.name], singly, memory_mb)) for mix in mixes]


def _with_gb_seconds(usage: Usage, handled: Mapping[str, float], run: Run, memory_mb: Mapping[str, int]) -> Usage:
    total = 0.0
    for function, records in handled.items():
        made = {key: count for key, count in usage.calls.items() if key[0] == function}
        # A function off the hot path, which nobody has timed, is taken for the mean of those on it.
        like = function if run.share(function, "records") else ""
        sdk = run.share(like, "sdk")
        own = (run.share(like, "cpu") - sdk) / run.share(like, "records")
        cpu_ms = 1000 * (sdk / run.share(like, "calls") * sum(made.values()) + own * records)
        waits = sum(wait_ms(service) * count for (_, service, _), count in made.items())
        total += gb_seconds(cpu_ms, waits, memory_mb.get(function, MEMORY_MB))
    return replace(usage, gb_seconds=total)


def event_usage(mixes: Sequence[Mix], together: str) -> Usage:
    """Return what the mean event of `EVENT_MIX` uses."""
    return _mixed(mixes, together, EVENT_MIX)


def message_usage(mixes: Sequence[Mix], together: str) -> Usage:
    """Return what one message uses from its wake-up to SES's last report of it, SES itself left out."""
    return _mixed(mixes, together, {"wake-up that sends": 1.0, "feedback of SES": sum(REPORTS.values())})


def _mixed(mixes: Sequence[Mix], together: str, shares: Mapping[str, float]) -> Usage:
    total = Usage()
    for mix in mixes:
        if mix.together == together and mix.name in shares:
            total += mix.usage.per(1 / shares[mix.name])
    return total


def usd(usage: Usage, prices: Prices) -> float:
    """Return what a million cost."""
    return sum(bill(usage, prices).values())


def section(mixes: Sequence[Mix]) -> Section:
    """Return the figure as text."""
    return Section(
        "Requests, units and list price",
        __doc__ or "",
        [
            "One event or message of each kind, as mean; ten together are ten events of one customer in one "
            "request, or of ten customers at once, which share a run of `decide` but neither read nor write.",
            _counts(mixes),
            f"A million of each, in USD, without any free allowance, prices as read on {READ_ON}:",
            _prices(mixes),
            "### Against DESIGN",
            _verdicts(mixes),
            "Where the money goes, USD a million in us-east-1:",
            _breakdown(mixes, US_EAST_1),
            _assumptions(archived=any(mix.usage.archive_bytes for mix in mixes)),
        ],
    )


def _counts(mixes: Sequence[Mix]) -> str:
    head = ["what", "together", "HTTP", "Lambda runs", "calls", "reads", "writes", "on `customers`", "SQS", "SQS FIFO"]
    head += ["alarms set", "rings", "log bytes", "GB-s"]
    rows = []
    for mix in mixes:
        use = mix.usage
        own = f"{use.reads['customers']:.1f} r, {use.writes['customers']:.1f} w"
        numbers = [use.http, use.invoked, sum(use.calls.values()) - use.rings, use.read_units, use.write_units]
        queue = [use.sqs, use.sqs_fifo, use.alarms, use.rings]
        cells = [f"{n:.1f}" for n in numbers] + [own] + [f"{n:.1f}" for n in queue]
        rows.append([mix.name, mix.together, *cells, f"{use.log_bytes:.0f}", f"{use.gb_seconds:.4f}"])
    return table(head, rows)


def _prices(mixes: Sequence[Mix]) -> str:
    rows = [[mix.name, mix.together, *(f"{usd(mix.usage, region):.2f}" for region in REGIONS)] for mix in mixes]
    return table(["what", "together", *(region.region for region in REGIONS)], rows)


def _verdicts(mixes: Sequence[Mix]) -> str:
    events = ", ".join(f"{share:.0%} {name}" for name, share in EVENT_MIX.items())
    reports = ", ".join(f"{share:g} {name}" for name, share in REPORTS.items())
    rows = []
    for what, use, most in (("events", event_usage, EVENT_USD_MAX), ("messages", message_usage, MESSAGE_USD_MAX)):
        for together in TOGETHER:
            for region in REGIONS:
                cost = usd(use(mixes, together), region)
                said = "met" if cost <= most else f"missed by {cost - most:.2f}"
                rows.append([f"a million {what}", together, region.region, f"{cost:.2f}", f"{most:.2f}", said])
    text = table(["what", "together", "Region", "USD", "at most", ""], rows)
    return f"Events: {events}. Messages: a wake-up that sends, and SES's reports ({reports}).\n\n{text}"


def _breakdown(mixes: Sequence[Mix], prices: Prices) -> str:
    columns = {
        f"{what}, {together}": use(mixes, together)
        for what, use in (("events", event_usage), ("messages", message_usage))
        for together in ("one", "10 customers")
    }
    bills = {name: bill(use, prices) for name, use in columns.items()}
    services = list(next(iter(bills.values())))
    rows = [[service, *(f"{bills[name][service]:.2f}" for name in columns)] for service in services]
    rows.append(["**all**", *(f"**{sum(bills[name].values()):.2f}**" for name in columns)])
    dearest = sorted(bills["messages, one"].items(), key=lambda part: -part[1])[:3]
    whole = sum(bills["messages, one"].values())
    said = ", ".join(f"{service} {usd / whole:.0%}" for service, usd in dearest)
    units = message_usage(mixes, "one").writes
    where = ", ".join(f"{count:.1f} on `{name}`" for name, count in units.most_common())
    text = (
        f"What a message costs most, one by one: {said}. Its writes are {where}: each change of the wake index is one."
    )
    return f"{table(['', *columns], rows)}\n\n{text}"


def _assumptions(*, archived: bool) -> str:
    waits = ", ".join(f"{name} {ms:.0f} ms" for name, ms in WAIT_MS.items())
    lines = [
        f"Estimated: a core is {CORE_MB} MB; a call waits {waits}, any other {WAIT_MS_DEFAULT:.0f} ms. "
        "No run is traced. This machine's core is taken for one of Lambda's ARM cores, and TLS is "
        "left out. Secrets, connections and releases are read once in five minutes or in a container, and when a "
        "connection was last heard of is written once in a quarter of an hour, not for an event: they are left out; so "
        "are storage, backups and data leaving the Region.",
        "The archive's records are in these figures; `tally`, which counts the objects that Firehose writes once in a "
        "minute or so, is not: a run serves thousands of events, or one."
        if archived
        else "The archive is not built yet, and in no figure.",
        "Prices:",
        *(f"- {service}: {source}" for service, source in SOURCES.items()),
    ]
    return "\n\n".join((*lines[:3], "\n".join(lines[3:])))
