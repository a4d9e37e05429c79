"""Who lives in the demo: customers called after flowers, and how each of them takes a message.

Nobody here exists. Whatever is not written down is decided by a hash of who and what, so every run is the same month.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Habit = Literal["unsubscribes", "complains", "bounces", "buys", "ignores"]


def chance(*what: object) -> float:
    """Return a number in [0, 1) that depends on `what` alone."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, what)).encode()).digest()[:6], "big") / 2**48


def number(digits: int, *what: object) -> int:
    """Return a number of so many digits that depends on `what` alone: the ids that shops give."""
    low = int(10 ** (digits - 1))
    return low + int(chance(*what) * 9 * low)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer. `email` and `sms` say whether they agreed to marketing there; `joins` is the day of March on which
    they sign up (0: before), `habits` what they do on receiving a template."""

    handle: str
    name: str
    email: bool = True
    sms: bool = False
    joins: int = 0
    orders: int = 0
    spent: int = 0
    has_phone: bool = True
    habits: tuple[tuple[str, Habit], ...] = ()

    @property
    def address(self) -> str:
        return f"{self.handle}@example.com"

    @property
    def phone(self) -> str | None:
        """Return a number of the form that Korean mobiles have and that nobody is given: 010-0000-…"""
        return f"+82100000{number(4, 'phone', self.handle)}" if self.has_phone else None

    @property
    def id(self) -> int:
        """Return the shop's own number for the customer."""
        return number(13, "customer", self.handle)

    @property
    def browser(self) -> str:
        """Return the anonymous id that the shop's pages have given the customer's browser."""
        return f"browser-{number(12, 'browser', self.handle)}"

    def habit(self, template: str) -> Habit | None:
        """Return what they do on receiving this template ("*" stands for any)."""
        return next((habit for name, habit in self.habits if name in (template, "*")), None)


PEOPLE: tuple[Person, ...] = (
    Person("moran", "모란", sms=True, joins=2, habits=(("cart-coupon", "buys"),)),
    Person("sugug", "수국", orders=7, spent=402_000),
    Person("haebaragi", "해바라기", sms=True, orders=1, spent=38_000, habits=(("*", "ignores"),)),
    Person("mindeulle", "민들레", email=False, orders=2, spent=61_000),
    Person("jagyak", "작약", orders=1, spent=45_000),
    Person("jindallae", "진달래", sms=True, orders=3, spent=120_000),
    Person("gaenari", "개나리", joins=5, habits=(("*", "bounces"),)),
    Person("lailak", "라일락", orders=1, spent=29_000, habits=(("cart-coupon", "complains"),)),
    Person("jebikkot", "제비꽃", sms=True, joins=4, habits=(("welcome", "unsubscribes"),)),
    Person("maehwa", "매화", orders=9, spent=530_000, habits=(("come-back-regular", "buys"),)),
    Person("dongbaek", "동백", sms=True, orders=2, spent=58_000),
    Person("baekhap", "백합", sms=True, joins=9, habits=(("*", "ignores"),)),
    Person("doraji", "도라지", email=False, sms=True, joins=11),
    Person("chaesonghwa", "채송화", orders=4, spent=180_000),
    Person("paeraengi", "패랭이", sms=True, orders=1, spent=33_000),
    Person("geumjanhwa", "금잔화", orders=2, spent=74_000),
    Person("kosmos", "코스모스", sms=True, orders=1, spent=41_000, habits=(("*", "ignores"),)),
    Person("mulmangcho", "물망초", orders=1, spent=52_000),
    Person("kkotdaji", "꽃다지", joins=6, has_phone=False),
    Person("hongmae", "홍매", sms=True, orders=3, spent=140_000),
    Person("neunggeum", "능금", sms=True, orders=5, spent=260_000),
    Person("sanchwi", "산취", joins=16, sms=True),
)
BY_HANDLE = {person.handle: person for person in PEOPLE}
BY_ADDRESS = {person.address: person for person in PEOPLE} | {
    person.phone: person for person in PEOPLE if person.phone is not None
}
