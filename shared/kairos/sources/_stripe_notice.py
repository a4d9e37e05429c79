"""What all of Stripe's events share: the envelope, who the object is of, and amounts in minor units."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.registry import Contact, Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import Object, plain_number, present

# docs.stripe.com/currencies: minor units. UGX and ISK are written with two digits although nobody pays in them.
_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of Stripe's: its id, when it was created, the object, and what the object was before (in `former`)."""

    id: str
    kind: str
    occurred_at: datetime
    object: Object
    former: Object
    test: bool
    request: Request

    @classmethod
    def of(cls, body: Object, request: Request) -> Notice:
        """Read the envelope. Raises BadInput."""
        data = body.object("data")
        if not isinstance(data.raw.get("object"), Mapping):
            data.fail("object", "the object that the event is about")
        return cls(
            # Only a simulated event comes without an id; its body is what makes it the same one.
            id=body.ident("id") or hashlib.sha256(request.body).hexdigest(),
            kind=body.need("type"),
            occurred_at=body.seconds("created") or request.received_at,
            object=data.object("object"),
            former=data.object("previous_attributes"),
            test=body.flag("livemode") is False,
            request=request,
        )

    def fact(
        self,
        name: str,
        properties: Mapping[str, Any],
        key: str = "",
        *,
        entry: EntryFact | None = None,
        consent: ConsentFact | None = None,
        contacts: Sequence[Contact] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> Parsed:
        """Return one fact of this event; `key` says what makes it the same where the event's id does not."""
        fields = self.person()
        event = Event(
            id="",
            name=name,
            profile="",
            occurred_at=self.occurred_at,
            received_at=self.request.received_at,
            properties={**properties, **({"test": True} if self.test else {})},
            traits=traits or None,
            reach=_person.reach(fields),
            entry=entry,
            consent=consent,
        )
        return Parsed(event, key or f"{self.id}:{name}", self.who(), [*_person.profile_contact(fields), *contacts])

    def person(self) -> dict[str, Any]:
        """Return the contact fields that the object states of its customer, wherever its kind keeps them."""
        one, details, billing = (
            self.object,
            self.object.object("customer_details"),
            self.object.object("billing_details"),
        )
        own = {"email": one.text("email", 320), "phone": one.text("phone", 64), "name": _name(one)}
        if one.text("object", 64) != "customer":
            own = {
                "email": one.text("customer_email", 320) or one.text("receipt_email", 320),
                "phone": one.text("customer_phone", 64),
                "name": one.text("customer_name", _person.NAME_CHARS_MAX),
            }
        stated = [
            present(email=each.text("email", 320), phone=each.text("phone", 64), name=_name(each))
            for each in (details, billing)
        ]
        return _person.merged([present(**own), *stated])

    def who(self) -> list[Named]:
        """Return the identifiers of the customer, best first.

        `client_reference_id` is the shop's own id where its server made the session; that of a payment link comes from
        the link's address, which anybody can write.
        """
        one, fields = self.object, self.person()
        own = None if one.raw.get("payment_link") else one.ident("client_reference_id")
        return _person.names(
            True,
            customer=self.customer(),
            external=own,
            email=fields.get("email"),
            phone=fields.get("phone"),
            subscription=self.subscription(),
            payment=self.payment(),
        )

    def customer(self) -> str | None:
        """Return the id of the customer that the object is, or is of."""
        return self.object.ident("id") if self.object.text("object", 64) == "customer" else ref(self.object, "customer")

    def subscription(self) -> str | None:
        """Return the id of the subscription that the object is, or is of."""
        if self.object.text("object", 64) == "subscription":
            return self.object.ident("id")
        details = self.object.object("parent").object("subscription_details")
        return ref(self.object, "subscription") or ref(details, "subscription")

    def payment(self) -> str | None:
        """Return the id of the payment intent that the object is, or belongs to."""
        if self.object.text("object", 64) == "payment_intent":
            return self.object.ident("id")
        return ref(self.object, "payment_intent")

    def money(self, key: str) -> int | float | None:
        """Return an amount of the object in major units."""
        return major(self.object.decimal(key), self.currency())

    def currency(self) -> str | None:
        """Return the object's currency, as shops write it."""
        return currency(self.object)


def _name(one: Object) -> str | None:
    return one.text("name", _person.NAME_CHARS_MAX)


def ref(one: Object, key: str) -> str | None:
    """Return the id of a related object, be it named or expanded."""
    return one.object(key).ident("id") if isinstance(one.raw.get(key), Mapping) else one.ident(key)


def currency(one: Object) -> str | None:
    """Return an object's currency in capitals."""
    code = one.text("currency", 3)
    return code.upper() if code else None


def major(amount: Decimal | None, code: str | None) -> int | float | None:
    """Return an amount of minor units in major units of its currency: 1500 USD cents are 15."""
    if amount is None:
        return None
    digits = 0 if code in _WHOLE else 3 if code in _THOUSANDTHS else 2
    return plain_number(amount / Decimal(10**digits))
