"""`kairos timing …`: measure the models of when on a shop's own files, or on public ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

timing = typer.Typer(help="Measure the models of when on a file of orders or messages.", no_args_is_help=True)

OrderFile = Annotated[Path, typer.Argument(help="CSV: customer,at[,amount]; a date or a local time; .gz too.")]
LogFile = Annotated[Path, typer.Argument(help="CSV: customer,at,kind (sent, opened, clicked, active); local times.")]
LagFile = Annotated[Path, typer.Argument(help="CSV: customer,event_at,response_at (empty: none by the file's end).")]
FitUntil = Annotated[str, typer.Option("--fit-until", help="Fit on what happened up to and including this day.")]
Horizon = Annotated[int, typer.Option("--horizon", min=1, max=3653, help="How many days ahead.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@timing.command()
def predict(orders: OrderFile, fit_until: FitUntil, horizon: Horizon, as_json: AsJson = False) -> None:
    """Forecast the next order at each purchase after a day: one JSON line each, in order of time.

    On a terminal, unless --json is given, the lines are for reading.
    """
    from kairos.cli.timing_orders import predict_orders

    predict_orders(orders, fit_until, horizon, as_json=as_json)


@timing.command()
def silence(
    orders: OrderFile,
    at: Annotated[str, typer.Option("--at", help="Know what happened up to and including this day.")],
    horizon: Horizon,
) -> None:
    """Tell for each customer known by a day how likely no order comes in the days after: one JSON line each."""
    from kairos.cli.timing_orders import tell_silence

    tell_silence(orders, at, horizon)


@timing.command()
def evaluate(
    orders: OrderFile,
    fit_until: FitUntil,
    horizon: Horizon,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the calibration picture to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score the forecasts after a day against what happened, with simple rules and curves beside them."""
    from kairos.cli.timing_evaluate import evaluate_orders

    evaluate_orders(orders, fit_until, horizon, svg, as_json=as_json)


@timing.command("best-hours")
def best_hours(log: LogFile, fit_until: FitUntil) -> None:
    """Tell for each customer when in the week they answer: 168 probabilities, Monday 00:00 first, a JSON line each."""
    from kairos.cli.timing_logs import tell_best_hours

    tell_best_hours(log, fit_until)


@timing.command()
def lag(
    log: LagFile,
    window: Annotated[int, typer.Option("--window", min=1, max=90, help="How many days the best window has.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Tell how many days after an event people answer, and which days hold most answers."""
    from kairos.cli.timing_logs import tell_lag

    tell_lag(log, window, as_json=as_json)


@timing.command()
@deployed
def offsets(
    reach: Reach,
    log: Annotated[Path | None, typer.Argument(help="CSV as for `lag`; or leave it out and name a --journey.")] = None,
    journey: Annotated[str | None, typer.Option("--journey", help="A live journey, by what was counted of it.")] = None,
    days: Annotated[int, typer.Option("--days", help="With --journey: how many of the brand's days.")] = 365,
    compare: Annotated[str, typer.Option("--compare", help="Offsets in days to compare: --compare=-14d,-9d.")] = "",
    as_json: AsJson = False,
) -> int:
    """Tell when people answer before and after a moment, and propose the days of a timeline's steps."""
    from kairos.cli.failure import CannotDo
    from kairos.cli.timing_offsets import read_offsets, tell_offsets

    if (log is None) == (journey is None):
        raise CannotDo("name a file of answers, or a live journey with --journey")
    compared = read_offsets(compare)
    if journey is not None:
        from kairos.cli.timing_answers import offsets_of_journey

        return offsets_of_journey(reach(), journey, days, compared, as_json=as_json)
    if log is not None:
        tell_offsets(log, compared, as_json=as_json)
    return 0


@timing.command()
def repeats(
    log: Annotated[Path, typer.Argument(help="CSV: customer,at; a date or a local time. What happened, once a line.")],
    at: Annotated[str, typer.Option("--at", help="Know what happened up to and including this day.")],
    country: Annotated[str | None, typer.Option("--country", help="Whose holidays move a payday, such as KR.")] = None,
    payday: Annotated[bool, typer.Option("--payday", help="Look for what wages are paid by alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell for each customer what repeats (weekdays, a day of the month, an interval), how sure, and when next."""
    from kairos.cli.timing_repeats import tell_repeats

    tell_repeats(log, at, country, payday=payday, as_json=as_json)
