"""March of the demo: what happens in the shop by itself. What customers do because of a message is in `demo_guests`.

Each person's part is written so that one rule shows: quiet hours, a cap, a consent that was never given, a class that
moves, a parcel that is late. Around it everybody browses, by a hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kairos.local import demo_shop as shop
from kairos.local.demo_people import BY_HANDLE, PEOPLE, Person, chance
from kairos.local.demo_shop import SEOUL, Call, Cart

START = datetime(2026, 3, 1, tzinfo=SEOUL)
END = datetime(2026, 4, 1, tzinfo=SEOUL)
STRANGERS = 12
"""How many browsers never say whose they are."""

REPEATED = 0.06
"""Which share of webhooks arrives twice: no sender promises exactly once."""


def on(day: int, clock: str) -> datetime:
    """Return a day of March at a local clock time."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, day, hour, minute, tzinfo=SEOUL)


def about(day: int, clock: str, *what: object) -> datetime:
    """Return the same, and some seconds that depend on `what`: nobody acts on the full minute."""
    return on(day, clock) + timedelta(seconds=int(60 * chance("second", day, clock, *what)))


def the_month() -> list[Call]:
    """Return everything that reaches the API by itself, in order of arrival."""
    calls = [*_customers(), *_carts(), *_classes(), *_browsing(), *_strangers()]
    again = [_repeated(call) for call in calls if call.status == 202 and chance("twice", call.body) < REPEATED]
    return shop.by_time([*calls, *again])


def cart(handle: str, day: int, *places: int) -> Cart:
    """Return the cart that somebody fills on a day; a place on the shelf named twice is two of it."""
    quantities = {place: places.count(place) for place in dict.fromkeys(places)}
    return Cart(BY_HANDLE[handle], f"cart-{handle}-{day:02d}", quantities)


ABANDONED: tuple[tuple[str, Cart], ...] = (
    ("11:20", cart("moran", 3, 0, 1)),
    ("21:10", cart("haebaragi", 6, 4)),
    ("12:40", cart("mindeulle", 7, 1)),
    ("19:15", cart("lailak", 10, 0)),
    ("13:05", cart("jebikkot", 12, 1, 3)),
    ("20:30", cart("baekhap", 10, 0)),
    ("20:10", cart("baekhap", 11, 1)),
    ("12:15", cart("baekhap", 12, 4)),
    ("12:50", cart("baekhap", 13, 0, 3)),
    ("15:20", cart("doraji", 12, 1)),
    ("04:10", cart("kosmos", 17, 0, 2)),
    ("14:30", cart("gaenari", 9, 1)),
    ("16:45", cart("mulmangcho", 14, 4)),
    ("10:35", cart("sanchwi", 18, 0)),
    ("18:20", cart("neunggeum", 20, 1)),
    ("22:05", cart("hongmae", 24, 4)),
    ("11:45", cart("dongbaek", 26, 0)),
    ("17:25", cart("paeraengi", 27, 1, 2)),
    ("13:30", cart("lailak", 23, 1)),
)
"""Checkouts that were begun and left, with the local time."""

BOUGHT: tuple[tuple[str, Cart], ...] = (
    ("10:05", cart("sugug", 4, 0, 4)),
    ("20:40", cart("chaesonghwa", 5, 1)),
    ("12:10", cart("geumjanhwa", 9, 0, 0)),
    ("21:35", cart("hongmae", 10, 3, 1)),
    ("09:20", cart("sugug", 19, 1)),
    ("15:50", cart("neunggeum", 8, 4)),
)
"""Orders made at once."""


# ---- customers and what they buy -------------------------------------------------------------------------------


def _customers() -> Iterator[Call]:
    for place, person in enumerate(PEOPLE):
        if person.joins:
            at = about(person.joins, "10:00", person.handle) + timedelta(minutes=7 * place)
            yield shop.viewed(at - timedelta(minutes=6), person.browser, None)
            yield shop.signed_in(at - timedelta(seconds=30), person)
            yield shop.customer_saved(at, person, new=True)
        else:
            at = on(1, "09:00") + timedelta(minutes=2 * place)
            yield shop.customer_saved(at, person, new=False)
            yield shop.signed_in(at + timedelta(seconds=40), person)


def _carts() -> Iterator[Call]:
    for clock, left in ABANDONED:
        yield from filled(about(_day_of(left), clock, left.token), left)
    for clock, bought in BOUGHT:
        at = about(_day_of(bought), clock, bought.token)
        yield from filled(at, bought)
        yield from shop.ordered(at + timedelta(minutes=9), bought)
        yield from _shipping(at, bought)


def filled(at: datetime, filling: Cart) -> Iterator[Call]:
    """Yield a cart being filled, and at `at` the checkout that is begun with it."""
    first = Cart(filling.person, filling.token, dict(list(filling.quantities.items())[:1]))
    yield shop.cart_changed(at - timedelta(minutes=8), first, first=True)
    yield shop.cart_changed(at - timedelta(minutes=5), filling, first=False)
    yield shop.checkout_started(at, filling)


def _shipping(at: datetime, bought: Cart) -> Iterator[Call]:
    sent = (at + timedelta(days=1)).replace(hour=11, minute=20)
    arrives = (at + timedelta(days=3)).replace(hour=14, minute=0)
    yield shop.shipped(sent, bought, arrives)
    if bought.person.handle == "geumjanhwa":  # the parcel is two days late
        yield shop.shipped(sent + timedelta(hours=20), bought, arrives + timedelta(days=2), again=True)
    if bought.person.handle == "hongmae":  # and this one wilted
        yield shop.refunded(arrives + timedelta(hours=5), bought)


def _day_of(filling: Cart) -> int:
    return int(filling.token.rpartition("-")[2])


# ---- classes ---------------------------------------------------------------------------------------------------

CANCELLED_BY = "jindallae"
CANCELLED_AT = about(13, "16:00")


def _classes() -> Iterator[Call]:
    people = BY_HANDLE
    yield shop.booking(about(3, "13:00"), "BOOKING_CREATED", people["jagyak"], "class-jagyak-1", on(14, "14:00"))
    yield shop.booking(
        about(11, "09:10"),
        "BOOKING_RESCHEDULED",
        people["jagyak"],
        "class-jagyak-2",
        on(21, "14:00"),
        former="class-jagyak-1",
    )
    yield shop.booking(about(4, "20:15"), "BOOKING_CREATED", people[CANCELLED_BY], "class-jindallae", on(14, "14:00"))
    yield shop.booking(CANCELLED_AT, "BOOKING_CANCELLED", people[CANCELLED_BY], "class-jindallae", on(14, "14:00"))
    yield shop.booking(about(12, "11:30"), "BOOKING_CREATED", people["paeraengi"], "class-paeraengi", on(14, "14:00"))
    yield shop.booking(about(8, "19:00"), "BOOKING_CREATED", people["kkotdaji"], "class-kkotdaji", on(21, "14:00"))
    yield shop.booking(
        about(15, "10:20"), "BOOKING_CREATED", people["chaesonghwa"], "class-chaesonghwa", on(28, "10:30")
    )


# ---- browsing --------------------------------------------------------------------------------------------------


def _browsing() -> Iterator[Call]:
    for person in PEOPLE:
        for day in range(max(person.joins, 1) + 1, 31):
            if chance("visit", person.handle, day) < 0.16:
                yield from _visit(
                    person.browser, on(day, "09:00") + timedelta(hours=14 * chance("at", person.handle, day))
                )
    yield from _visit(BY_HANDLE["maehwa"].browser, on(20, "21:10"), pages=5)
    yield from _visit(BY_HANDLE["dongbaek"].browser, on(15, "14:00"), pages=5)


def _visit(browser: str, at: datetime, pages: int = 0) -> Iterator[Call]:
    at = at.replace(microsecond=0)
    yield shop.viewed(at, browser, None)
    for page in range(pages or int(3 * chance("pages", browser, at))):
        at += timedelta(seconds=25 + int(90 * chance("stay", browser, at)))
        yield shop.viewed(at, browser, int(chance("which", browser, at, page) * len(shop.SHELF)))


def _strangers() -> Iterator[Call]:
    """Browsers that never say whose they are, and one body that somebody else signed."""
    for visitor in range(STRANGERS):
        day = 2 + int(28 * chance("stranger", visitor))
        yield from _visit(f"browser-stranger-{visitor}", on(day, "12:00") + timedelta(minutes=31 * visitor))
    yield shop.shopify(
        on(16, "03:33"), "orders/paid", shop.order_body(cart("moran", 3, 0), on(16, "03:33")), "위조", forged=True
    )


def _repeated(call: Call) -> Call:
    late = timedelta(seconds=10 + int(300 * chance("late", call.body)))
    return Call(call.at + late, call.path, call.headers, call.body, f"{call.says} (again)", call.status)


def cart_left_by(person: Person, at: datetime) -> Cart | None:
    """Return the cart that a person has most lately left behind."""
    left = [filling for clock, filling in ABANDONED if filling.person is person and on(_day_of(filling), clock) <= at]
    return max(left, key=_day_of, default=None)
