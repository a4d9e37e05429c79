"""Mistakes in what a message says: words for somebody else, markup from a customer, a code that two people have."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CHOOSE = "shared/kairos/app/render/choose.py"
COUPONS = "shared/kairos/aws/coupons.py"
GIFTS = "shared/kairos/app/deliver/gifts.py"
SANDBOX = "shared/kairos/app/render/sandbox.py"

MUTANTS = [
    Mutant(
        "a text is measured as it was written",
        "shared/kairos/app/definitions/lawful.py",
        "sent = as_sent(texts, name, marketing, brand, public_url)",
        "sent = dict(texts)",
        "a text that its label and links make an LMS is published without a word",
        ("app/definitions/test_as_sent.py",),
    ),
    Mutant(
        "html does not escape",
        SANDBOX,
        "autoescape=html, loader",
        "autoescape=False, loader",
        "a customer's name is markup in a mail",
        ("app/render/test_sandbox.py",),
    ),
    Mutant(
        "a line break in a name ends the subject",
        "shared/kairos/app/render/render.py",
        'return _LINE.sub(" ", text).strip() if part in HEADER_PARTS else text',
        "return text",
        "a name adds a header",
        ("app/render/test_sandbox.py",),
    ),
    Mutant(
        "the first variant is everybody's",
        CHOOSE,
        "        if read_rule(variant).holds(facts, moment):\n",
        "        if read_rule(variant):\n",
        "it rains for all customers",
        ("app/render/test_choose.py",),
    ),
    Mutant(
        "the phase is of the brand's day",
        CHOOSE,
        "today, day = facts.now.astimezone(facts.zone).date(), moment.astimezone(facts.zone).date()",
        "today, day = facts.now.date(), moment.date()",
        "'today' is said on the day before, or after",
        ("app/render/test_choose.py",),
    ),
    Mutant(
        "who has a code is given another",
        COUPONS,
        '                    ConditionExpression="attribute_not_exists(message)",\n',
        "",
        "two deliveries at once give two codes, and the one that was sent is not the one that is known",
        ("contracts/test_coupons.py",),
    ),
    Mutant(
        "a pool is imported anew",
        COUPONS,
        'put = {"TableName": self._table, "ConditionExpression": "attribute_not_exists(message)"}',
        'put = {"TableName": self._table}',
        "a file imported twice gives each code to two people",
        ("contracts/test_coupons.py",),
    ),
    Mutant(
        "a merge forgets what was given",
        GIFTS,
        "list(dict.fromkeys((profile.birth, *profile.former, profile.id)))",
        "[profile.id]",
        "one person has two codes",
        ("app/deliver/test_gifts.py",),
    ),
    Mutant(
        "a redeemed coupon is sent again",
        GIFTS,
        "if entry is not None and entry.cancelled:",
        "if entry is not None and not entry:",
        "a reminder of what was used",
        ("app/deliver/test_gifts.py",),
    ),
    Mutant(
        "any code in an order redeems",
        "shared/kairos/app/decide/coupons.py",
        "if coupon.id.casefold() == named.id and",
        "if named.id and",
        "another shop's code ends our reminder",
        ("app/decide/test_coupons.py",),
    ),
    Mutant(
        "an order is forgotten before its coupon is known",
        "shared/kairos/app/decide/coupons.py",
        "if not _may_come(turn, named):",
        "if named:",
        "who has bought is reminded of the coupon that they used",
        ("app/decide/test_coupons.py",),
    ),
    Mutant(
        "a link agrees for every channel",
        "shared/kairos/app/preferences/centre_form.py",
        "agreed = [channel for channel in wanted if channel in proven]",
        "agreed = [channel for channel in wanted if channel]",
        "a forwarded e-mail subscribes somebody's telephone",
        ("app/preferences/test_addresses.py",),
    ),
    Mutant(
        "an old mailbox still confirms",
        "shared/kairos/app/preferences/preferences.py",
        "return said.channel in self._addresses.proven_by(said.address_hash, profile)",
        "return True",
        "whoever has the address that a customer left agrees for them",
        ("app/preferences/test_preferences.py",),
    ),
    Mutant(
        "a child's birthday is nobody's business",
        "shared/kairos/policies/kr.py",
        "return GUARDIAN if young else None",
        "return None",
        "PIPA 22-2: who is under 14 is advertised to without their guardian",
        ("policies/test_korean_notices.py",),
    ),
]
