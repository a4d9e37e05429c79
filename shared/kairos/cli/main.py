"""The `kairos` command. Each command imports what it needs when it runs, so that help is there at once.

Exit codes: 0 done; 1 what was given is wrong or cannot be done; 2 the command line itself is wrong; 3 AWS, or what is
deployed there, cannot be reached or refuses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kairos.cli.timing import timing

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment, Target

app = typer.Typer(
    name="kairos",
    help="Schedule-based marketing in your own AWS account: reach each customer at the right moment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="A brand's folder: brand.yaml, journeys/, segments/, templates/.")]
Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", "-s", envvar="KAIROS_STAGE", help="Which stack Kairos-<stage>: dev, or local if served here."
    ),
]
Region = Annotated[str | None, typer.Option("--region", help="AWS Region, if not the configured one.")]
Profile = Annotated[str | None, typer.Option("--profile", help="AWS profile, if not the configured one.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Begin what walks this needs without asking.")]
Overdue = Annotated[
    str | None,
    typer.Option(
        "--overdue",
        help="send: what fell due goes out now; skip: it does not; replan: waits go on with what was left of them.",
    ),
]
Properties = Annotated[
    list[str] | None, typer.Option("--property", help="A property of the event: name=value (numbers are numbers).")
]
Replan = Annotated[
    list[str] | None,
    typer.Option("--replan", help="A journey whose people go on in the new version; all: every one that changes."),
]
Finish = Annotated[
    list[str] | None, typer.Option("--finish", help="With --replan all: a journey whose people finish in theirs.")
]
GoneChoice = Annotated[
    str, typer.Option("--gone", help="Who waits at a step that the new version has not: stay in theirs, or stop.")
]
JourneyId = Annotated[str, typer.Argument(help="The journey's id.")]
Customer = Annotated[str, typer.Argument(help="A profile id, e-mail, phone, or the shop's own customer id.")]
Context = typer.Context


def main(arguments: Sequence[str] | None = None, connect: Callable[[Target], Deployment] | None = None) -> None:
    """Run the command line and exit. `connect` finds a deployment; tests give their own."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console, or LANG=C, would spoil every name
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="kairos", obj=connect)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        from kairos.cli.failure import explain_failure

        told = explain_failure(error)
        if told is None:
            raise
        code, message = told
        typer.echo(f"kairos: {message}", err=True)
        sys.exit(code)


@app.command()
def validate(folder: Folder) -> None:
    """Check a brand's folder: every problem with file, line, and what would be right."""
    from kairos.cli.definitions import validate_folder

    raise typer.Exit(validate_folder(folder))


@app.command()
def push(
    context: Context,
    folder: Folder,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and write nothing.")] = False,
) -> None:
    """Validate a folder and write it as drafts, showing what changed. Nothing goes live."""
    from kairos.cli.definitions import push_folder

    raise typer.Exit(push_folder(folder, lambda: _deployment(context, stage, region, profile), dry_run=dry_run))


@app.command()
def publish(
    context: Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Journeys, or template/ID, segment/ID, brand.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every draft.")] = False,
    replan: Replan = None,
    finish: Finish = None,
    gone: GoneChoice = "stay",
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Show what changes and who stands where, then make drafts live. A journey brings what it uses.

    Who is under way in a journey finishes in the version they entered, unless --replan takes them along.
    """
    from kairos.cli.difference import taking_along

    if bool(ids) == everything:
        raise typer.BadParameter("name what to publish, or say --all")
    chosen: dict[str, object] = {"all": True} if everything else {"ids": ids}
    along = taking_along(replan, finish, gone)
    _command(context, {"command": "publish", **chosen, **along}, stage, region, profile, yes=yes)


@app.command()
def pause(
    context: Context, journey: JourneyId, stage: Stage = None, region: Region = None, profile: Profile = None
) -> None:
    """Let a journey stand still: nobody enters it, nothing of it is sent."""
    _command(context, {"command": "pause", "id": journey}, stage, region, profile)


@app.command()
def resume(
    context: Context,
    journey: JourneyId,
    overdue: Overdue = None,
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Let a paused journey go on, and say what becomes of what fell due meanwhile."""
    from kairos.cli.live import choose_overdue

    request = {"command": "resume", "id": journey, "overdue": choose_overdue(overdue)}
    _command(context, request, stage, region, profile, yes=yes)


@app.command()
def rollback(
    context: Context,
    replan: Replan = None,
    finish: Finish = None,
    gone: GoneChoice = "stay",
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Go back to what was live before. What is paused or stopped stays so; --replan takes people back too."""
    from kairos.cli.difference import taking_along

    _command(context, {"command": "rollback", **taking_along(replan, finish, gone)}, stage, region, profile, yes=yes)


@app.command()
def learn(
    context: Context,
    orders: Annotated[
        Path | None, typer.Option("--orders", help="Learn rhythms from this CSV instead: customer,at; .gz too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and change nothing.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Learn what all customers are like from a sample of them, and make it live where it foretells better."""
    from kairos.cli.learn import learn_priors

    raise typer.Exit(learn_priors(_deployment(context, stage, region, profile), orders, dry_run=dry_run))


@app.command()
def broadcast(
    context: Context,
    journey: JourneyId,
    segment: Annotated[str | None, typer.Option("--segment", help="Only those in this segment.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Though the same was broadcast within the hour.")] = False,
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Start a journey that says `trigger: broadcast` for everybody, or for those in a segment."""
    request: dict[str, object] = {"command": "broadcast", "id": journey, "segment": segment, "again": again}
    _command(context, request, stage, region, profile, yes=yes)


@app.command()
def signal(
    context: Context,
    name: Annotated[str, typer.Argument(help="The event's name, such as rain_started.")],
    segment: Annotated[str | None, typer.Option("--segment", help="Only for those in this segment.")] = None,
    where: Annotated[str | None, typer.Option("--where", help="Only for whom this condition holds (YAML).")] = None,
    properties: Properties = None,
    fresh_for: Annotated[
        str | None, typer.Option("--fresh-for", help="Who is reached later hears nothing: 2h.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="The same id again is the same signal.")] = None,
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Tell everybody, or those in a segment or region, of something that happens now: one event for each."""
    from kairos.cli.many import read_condition, read_properties

    request: dict[str, object] = {"command": "signal", "id": name, "segment": segment, "signal": id}
    request |= {"fresh_for": fresh_for, "properties": read_properties(properties or [])}
    request |= {"where": read_condition(where)} if where is not None else {}
    _command(context, request, stage, region, profile, yes=yes)


@app.command()
def enter(
    context: Context,
    journey: JourneyId,
    customers: Annotated[list[str], typer.Argument(help="Profile ids, e-mails, phones, or the shop's own ids.")],
    properties: Properties = None,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Start a journey for the customers you name, under its own rules for re-entry, holdout and caps."""
    from kairos.cli.many import enter_customers, read_properties

    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(enter_customers(deployment, journey, customers, read_properties(properties or [])))


walks = typer.Typer(help="Passes over many customers: list them, confirm or stop one.", rich_markup_mode=None)
app.add_typer(walks, name="walks", invoke_without_command=True)
app.add_typer(timing, name="timing")


@walks.callback()
def list_walks(context: Context, stage: Stage = None, region: Region = None, profile: Profile = None) -> None:
    """List walks, the newest first: what about, how far, how fast, and what went wrong."""
    if context.invoked_subcommand is None:
        from kairos.cli.walks import list_walks

        raise typer.Exit(list_walks(_deployment(context, stage, region, profile)))


@walks.command("confirm")
def confirm_walk(
    context: Context,
    walk: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Let a broadcast begin at its date and time. Without this word it starts nobody."""
    _command(context, {"command": "confirm", "id": walk}, stage, region, profile, yes=yes)


@walks.command("stop")
def stop_walk(
    context: Context,
    walk: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Stop a walk. Whom it has reached, it has reached."""
    from kairos.cli.walks import stop_walk

    raise typer.Exit(stop_walk(_deployment(context, stage, region, profile), walk))


offers = typer.Typer(help="Coupon codes: put them into a pool, see how many are left.", rich_markup_mode=None)
app.add_typer(offers, name="offers")


@offers.command("import")
def import_codes(
    context: Context,
    offer: Annotated[str, typer.Argument(help="The offer's id, as brand.yaml names it.")],
    file: Annotated[Path, typer.Argument(help="A CSV file: a code in the first column of each line.")],
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Put coupon codes into the pool of an offer; those that it has are passed over."""
    from kairos.cli.offers import import_codes

    raise typer.Exit(import_codes(_deployment(context, stage, region, profile), offer, file))


@offers.command("show")
def show_offers(context: Context, stage: Stage = None, region: Region = None, profile: Profile = None) -> None:
    """Say how many codes of each offer were given, and how many are left."""
    from kairos.cli.offers import show_offers

    raise typer.Exit(show_offers(_deployment(context, stage, region, profile)))


products = typer.Typer(help="What templates show of what you sell.", rich_markup_mode=None)
app.add_typer(products, name="products")


@products.command("import")
def import_products(
    context: Context,
    file: Annotated[Path, typer.Argument(help="A CSV file with id, title, price, currency, url, image, category.")],
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Put products in: events name them by id, and templates show their title, price, address and picture."""
    from kairos.cli.products import import_products

    raise typer.Exit(import_products(_deployment(context, stage, region, profile), file))


@products.command("relate")
def relate_products(
    context: Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Look without asking.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Look at everybody, and say of each product which others were looked at with it."""
    from kairos.cli.products import relate_products

    raise typer.Exit(relate_products(_deployment(context, stage, region, profile), yes=yes))


segment = typer.Typer(help="Who is in a segment, found by looking at everybody.", rich_markup_mode=None)
app.add_typer(segment, name="segment")

SegmentId = Annotated[str, typer.Argument(help="The segment's id.")]
Draft = Annotated[bool, typer.Option("--draft", help="As it is drafted, not as it is live.")]
LookYes = Annotated[bool, typer.Option("--yes", "-y", help="Look without asking.")]


@segment.command("count")
def count_segment(
    context: Context,
    id: SegmentId,
    draft: Draft = False,
    yes: LookYes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say how many customers are in a segment."""
    from kairos.cli.segment import Question, count_segment

    raise typer.Exit(count_segment(_deployment(context, stage, region, profile), Question(id, draft, yes=yes)))


@segment.command("list")
def list_segment(
    context: Context,
    id: SegmentId,
    after: Annotated[str, typer.Option("--after", help="Go on where a former look broke off.")] = "",
    draft: Draft = False,
    yes: LookYes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Print the pseudonymous id of everybody in a segment, one a line."""
    from kairos.cli.segment import Question, list_segment

    raise typer.Exit(list_segment(_deployment(context, stage, region, profile), Question(id, draft, after, yes)))


@app.command("stop-all")
def stop_all(context: Context, stage: Stage = None, region: Region = None, profile: Profile = None) -> None:
    """Stop every journey and every message, within seconds."""
    _command(context, {"command": "stop-all"}, stage, region, profile)


@app.command("start-all")
def start_all(
    context: Context,
    overdue: Overdue = None,
    yes: Yes = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Lift the full stop, and say what becomes of what fell due meanwhile; paused journeys stay paused."""
    from kairos.cli.live import choose_overdue

    request = {"command": "start-all", "overdue": choose_overdue(overdue)}
    _command(context, request, stage, region, profile, yes=yes)


@app.command("lift-stop")
def lift_stop(
    context: Context,
    channel: Annotated[str, typer.Argument(help="The channel, email.")],
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Let marketing go again that was stopped because too many recipients reported it as spam."""
    from kairos.cli.lift_stop import lift_stop

    raise typer.Exit(lift_stop(_deployment(context, stage, region, profile), channel))


@app.command()
def connect(
    context: Context,
    source: Annotated[
        str, typer.Argument(help="The kind of sender: shopify, calcom, calendly, track; or webhook, push.")
    ],
    connection: Annotated[str, typer.Argument(help="Your name for this one, such as main.")],
    secret: Annotated[
        str | None, typer.Option("--secret", help="Only -, to read the secret from stdin; else it is asked for.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make the secret here and show it once.")] = False,
    public_key: Annotated[bool, typer.Option("--public-key", help="Make a public write key too (track).")] = False,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A setting, such as shop=x.example.com.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Try one that is connected, and say what is wrong.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Keep a source's secret, and show where its webhooks go. The former secret stays valid beside the new one."""
    from kairos.cli.connect import Wish, connect_source

    if check:
        from kairos.channels._fetch import HttpsFetch
        from kairos.cli.connect_check import check_connection

        deployment = _deployment(context, stage, region, profile)
        fetch = HttpsFetch(local=deployment.public_url.startswith("http://"))
        raise typer.Exit(check_connection(deployment, source, connection, fetch))

    wish = Wish(source, connection, generate, public_key, tuple(setting or ()))
    if secret not in (None, "-"):
        raise typer.BadParameter(
            "a secret on the command line stays in the shell's history: use --secret - or be asked"
        )
    raise typer.Exit(connect_source(_deployment(context, stage, region, profile), wish, from_stdin=secret is not None))


@app.command()
def sources(context: Context, stage: Stage = None, region: Region = None, profile: Profile = None) -> None:
    """List what is connected, and how what is read was read last."""
    from kairos.cli.sources import list_sources

    raise typer.Exit(list_sources(_deployment(context, stage, region, profile)))


@app.command()
def explain(
    context: Context,
    customer: Customer,
    journey: Annotated[str | None, typer.Option("--journey", help="Only of this journey.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="As it stood at this instant (ISO 8601), or what will come until then.")
    ] = None,
    back: Annotated[
        str | None, typer.Option("--back", help="How far before a past --at the archive is read, as 7d; else 1d.")
    ] = None,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say what was decided for a customer lately, and why; and what will come if nothing happens."""
    from kairos.cli.customer import find_customer, read_instant
    from kairos.cli.explain import explain_customer
    from kairos.cli.past import read_back

    deployment = _deployment(context, stage, region, profile)
    found = find_customer(deployment, customer)
    raise typer.Exit(explain_customer(deployment, found, journey, read_instant(at), read_back(back)))


@app.command("map")
def timing_map(
    context: Context,
    customer: Customer,
    days: Annotated[int, typer.Option("--days", min=1, max=732, help="How far ahead.")] = 90,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Show a customer's timing map: moments to come, what is planned around each, and what would be held or dropped."""
    from kairos.cli.customer import find_customer
    from kairos.cli.timing_map import map_customer

    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(map_customer(deployment, find_customer(deployment, customer), days))


@app.command()
def preview(
    context: Context,
    template: Annotated[str, typer.Argument(help="The template's id, as it stands in the drafts.")],
    customer: Annotated[
        str | None, typer.Option("--profile", help="A customer, as `show` finds them; else samples.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A JSON file with values for the blanks.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="A folder: e-mails are written into it, for a browser.")
    ] = None,
    marketing: Annotated[bool, typer.Option("--marketing", help="As class marketing.")] = False,
    stage: Stage = None,
    region: Region = None,
    aws_profile: Annotated[str | None, typer.Option("--aws-profile", help="AWS profile.")] = None,
) -> None:
    """Show a template's message in every channel, for a real customer or with samples, and what the law packs add."""
    from kairos.cli.customer import find_customer
    from kairos.cli.preview import Preview, preview_template

    deployment = _deployment(context, stage, region, aws_profile)
    found = find_customer(deployment, customer) if customer else None
    raise typer.Exit(preview_template(deployment, Preview(template, marketing, found, data, html)))


@app.command()
def show(
    context: Context,
    customer: Customer,
    contacts: Annotated[bool, typer.Option("--contacts", help="Show name and addresses too.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Show a customer as the engine sees them: traits, consents, entries, journeys, and what comes next."""
    from kairos.cli.customer import find_customer
    from kairos.cli.show import show_customer

    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(show_customer(deployment, find_customer(deployment, customer), contacts=contacts))


@app.command()
def consents(
    context: Context,
    customer: Customer,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Show what a customer agreed to, on which ground, and which rule keeps marketing from each channel now."""
    from kairos.cli.consents import consents_command
    from kairos.cli.customer import find_customer

    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(consents_command(deployment, find_customer(deployment, customer), as_json=as_json))


@app.command()
def results(
    context: Context,
    journey: JourneyId,
    days: Annotated[int, typer.Option("--days", help="How many of the brand's days, with today.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say what came of a journey: in all, by step, by day, and why not; true within two minutes."""
    from kairos.cli.results import results_command

    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(results_command(deployment, journey, days, as_json=as_json))


@app.command("experiments")
def experiments_of_brand(
    context: Context,
    days: Annotated[int, typer.Option("--days", help="How many of the brand's days, with today.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say what marketing changed: all of it, each journey and each arm of an experiment, against who got none of it."""
    from kairos.cli.comparisons import experiments_command

    raise typer.Exit(experiments_command(_deployment(context, stage, region, profile), days, as_json=as_json))


@app.command("send-test")
def send_test(
    context: Context,
    template: Annotated[str, typer.Argument(help="The template's id, as it stands in the drafts.")],
    to: Annotated[
        str, typer.Option("--to", help="Your e-mail address, phone number, apns:TOKEN or fcm:TOKEN; or webhook.")
    ] = "",
    seeds: Annotated[bool, typer.Option("--seeds", help="To everybody of the brand's `seeds`.")] = False,
    channel: Annotated[str, typer.Option("--channel", help="kakao, where a phone number is not meant for sms.")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="A JSON file with values for the blanks.")] = None,
    marketing: Annotated[
        bool, typer.Option("--marketing", help="With the label and opt-out of class marketing.")
    ] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Send a template to yourself, marked [TEST]. It counts nowhere."""
    from kairos.cli.send_test import Test, send_test_message

    if bool(to) == seeds:
        raise typer.BadParameter("say either --to ADDRESS or --seeds")
    deployment = _deployment(context, stage, region, profile)
    raise typer.Exit(send_test_message(deployment, Test(template, to, data, marketing, channel)))


@app.command()
def schema(
    kind: Annotated[
        str | None, typer.Argument(help="brand, journey, segment or template; all of them if left out.")
    ] = None,
) -> None:
    """Print the JSON Schema of definitions, for editors."""
    from kairos.cli.definitions import print_schema

    raise typer.Exit(print_schema(kind))


@app.command()
def simulate(
    folder: Folder,
    events: Annotated[Path | None, typer.Argument(help="Events, one JSON object a line.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="Customers to begin with: see `kairos export`.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Another brand's folder, or live (of --state): what differs.")
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="By day, journey and channel, instead of each.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write a picture of messages over time there.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Tell decisions from this instant (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Live until this instant (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Live through events with a brand's folder, without AWS, and tell what would be sent, and why not."""
    from kairos.cli.simulate import simulate_command

    more = {"states": state, "against": against, "summary": summary, "picture": svg}
    raise typer.Exit(simulate_command(folder, events, since, until, as_json=as_json, **more))


@app.command()
def export(
    context: Context,
    file: Annotated[Path, typer.Argument(help="Where to write: CSV where it ends in .csv, else JSON Lines.")],
    what: Annotated[
        str | None, typer.Option("--what", help="profiles, consents or suppressions; else states to simulate with.")
    ] = None,
    contacts: Annotated[bool, typer.Option("--contacts", help="With names and addresses.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", help="Everything of one person, names and addresses too, as JSON.")
    ] = None,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="About so many states; else all.")] = None,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Write profiles, consents or stops, or everything of one person; else pseudonymous states to simulate with."""
    if sum(given is not None for given in (what, person, sample)) > 1 or (contacts and what is None):
        raise typer.BadParameter("say one of --what, --person and --sample; --contacts goes with --what")
    deployment = _deployment(context, stage, region, profile)
    if person is not None:
        from kairos.cli.export_people import export_person

        raise typer.Exit(export_person(deployment, file, person))
    if what is not None:
        from kairos.cli.export_people import Wish, export_people

        raise typer.Exit(export_people(deployment, Wish(file, what, contacts)))
    from kairos.cli.customer_states import export_states

    raise typer.Exit(export_states(deployment, file, sample))


suppressions = typer.Typer(help="Addresses that get nothing, whoever they are.", rich_markup_mode=None)
app.add_typer(suppressions, name="suppressions")


@suppressions.command("import")
def import_suppressions(
    context: Context,
    file: Annotated[
        Path | None, typer.Argument(help="A list: an e-mail or phone in each line, and perhaps when it refused.")
    ] = None,
    from_sns: Annotated[
        bool, typer.Option("--from-sns", help="The numbers that answered STOP to SNS instead.")
    ] = False,
    channel: Annotated[str, typer.Option("--channel", help="Only this one of the address's channels.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="marketing, or all.")] = "marketing",
    source: Annotated[str, typer.Option("--source", help="Where they refused, for the ledger: 080, call-centre.")] = "",
    firm: Annotated[bool, typer.Option("--firm", help="No later consent lifts it.")] = False,
    at: Annotated[str | None, typer.Option("--at", help="When, where a line says none; else now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Stop addresses that refused elsewhere: a carrier's 080 number, a call centre, SNS. Again changes nothing."""
    from kairos.cli.customer import read_instant
    from kairos.cli.suppressions import Wish, import_file, import_from_sns

    if (file is None) is not from_sns:
        raise typer.BadParameter("give a file, or --from-sns")
    deployment = _deployment(context, stage, region, profile)
    wish = Wish(source or ("sns" if from_sns else "import"), channel, purpose, firm, read_instant(at), as_json)
    raise typer.Exit(import_file(deployment, file, wish) if file else import_from_sns(deployment, wish))


@suppressions.command("export")
def export_suppressions(
    context: Context,
    file: Annotated[Path, typer.Argument(help="Where to: .csv, else JSON Lines.")],
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Write all stops, as keyed hashes that only a stack with the same key knows again; `kairos import` reads them."""
    from kairos.cli.export_people import Wish, export_people

    raise typer.Exit(export_people(_deployment(context, stage, region, profile), Wish(file, "suppressions")))


@suppressions.command("show")
def show_suppressions(
    context: Context,
    address: Annotated[str, typer.Argument(help="An e-mail address or a phone number.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say what is kept of an address itself, also after its person was erased."""
    from kairos.cli.suppressions import show_suppressions

    raise typer.Exit(show_suppressions(_deployment(context, stage, region, profile), address, as_json=as_json))


@app.command("import")
def import_file(
    context: Context,
    file: Annotated[Path, typer.Argument(help="People, consents and refusals: CSV, or JSON Lines (.jsonl).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read all of it, say what is wrong, send nothing.")
    ] = False,
    trait: Annotated[list[str] | None, typer.Option("--trait", help="A further column that becomes a trait.")] = None,
    rename: Annotated[list[str] | None, typer.Option("--map", help="THEIRS=OURS: what a column means.")] = None,
    customers_of: Annotated[
        str, typer.Option("--customers-of", help="Whose ids customer_id holds: SOURCE/CONNECTION, as shopify/main.")
    ] = "",
    consented_at: Annotated[
        str | None, typer.Option("--consented-at", help="When those agreed who have a yes without a time.")
    ] = None,
    basis: Annotated[str, typer.Option("--basis", help="On what ground, where a row says none.")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="When the file was true; else when it was last changed.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="utf-8, cp949, utf-16; else it is found out.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Whose phone numbers lack a +, if not the brand's.")
    ] = None,
    connection: Annotated[str, typer.Option("--connection", help="The connection it comes by.")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Bring people, their consents and refusals along from a file. Starts nothing; again changes nothing."""
    from kairos.cli.import_people import Wish, import_people

    wish = Wish(
        file,
        dry_run=dry_run,
        traits=tuple(trait or ()),
        renamed=tuple(rename or ()),
        customers_of=customers_of,
        consented_at=consented_at,
        basis=basis,
        as_of=as_of,
        encoding=encoding,
        country=country,
        connection=connection,
        as_json=as_json,
    )
    raise typer.Exit(import_people(_deployment(context, stage, region, profile), wish))


@app.command()
def erase(
    context: Context,
    people: Annotated[
        list[str] | None, typer.Argument(help="E-mails, phones, SOURCE/CONNECTION:CUSTOMER_ID, or profile ids.")
    ] = None,
    requested: Annotated[
        bool, typer.Option("--requested", help="Whoever a source asked to be forgotten (Shopify's customers/redact).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Erase people, everywhere: profile, contacts, identities, messages. Stops stay, as keyed hashes."""
    from kairos.cli.erase import Wish, erase_people

    if not people and not requested:
        raise typer.BadParameter("name somebody, or say --requested")
    wish = Wish(tuple(people or ()), requested, yes, as_json)
    raise typer.Exit(erase_people(_deployment(context, stage, region, profile), wish))


@app.command()
def redrive(
    context: Context,
    queues: Annotated[list[str] | None, typer.Argument(help="Which dead-letter queues; all if left out.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Only those whose reason contains this.")] = "",
    show_only: Annotated[bool, typer.Option("--list", help="Show what waits and why, and change nothing.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Bring back whatever waits, wherever it is.")] = False,
    stage: Stage = "dev",
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Bring back what could not be done, once its cause is mended. Look first: `kairos redrive --list`."""
    from kairos.cli import redrive as command

    choice = command.choose(queues or [], reason)
    if not show_only and not (queues or reason or everything):
        raise typer.BadParameter("name a queue or a --reason, or say --all; --list shows what waits")
    act = command.list_letters if show_only else command.redrive
    raise typer.Exit(act(_deployment(context, stage, region, profile), choice))


@app.command()
def doctor(
    context: Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stage: Stage = None,
    region: Region = None,
    profile: Profile = None,
) -> None:
    """Say what is wrong with a deployment, and what to do about it. Changes nothing; exit code 1 if anything is."""
    from kairos.cli.doctor import examine_deployment

    raise typer.Exit(examine_deployment(_deployment(context, stage, region, profile), as_json=as_json))


@app.command()
def local(
    port: Annotated[int, typer.Option("--port", help="Where to listen on localhost.")] = 4010,
    folder: Annotated[Path | None, typer.Option("--brand", help="A brand's folder to push and publish first.")] = None,
) -> None:
    """Serve the whole cloud on localhost, with a page of all messages sent."""
    from kairos.cli.local import serve_locally

    raise typer.Exit(serve_locally(port, folder))


def _command(
    context: Context,
    request: Mapping[str, object],
    stage: str | None,
    region: str | None,
    profile: str | None,
    *,
    yes: bool = False,
) -> None:
    from kairos.cli.live import run_live

    raise typer.Exit(run_live(_deployment(context, stage, region, profile), request, yes=yes))


def _deployment(context: Context, stage: str | None, region: str | None, profile: str | None) -> Deployment:
    from kairos.cli.deployment import Target, find_deployment

    connect: Callable[[Target], Deployment] = context.obj or find_deployment
    standard = "local" if os.environ.get("AWS_ENDPOINT_URL") else "dev"
    return connect(Target(stage or standard, region, profile))
