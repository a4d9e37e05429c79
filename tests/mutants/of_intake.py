"""Mistakes between a stranger's bytes and the inbox."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SIGNATURE = "shared/kairos/sources/_signature.py"
FACTS = "shared/kairos/app/ingest/facts.py"
INGEST = "shared/kairos/app/ingest/ingest.py"
MESSAGES = "shared/kairos/app/ingest/messages.py"
LISTED = "shared/kairos/app/ingest/listed.py"
CHOOSING = "shared/kairos/app/ingest/choosing.py"
STANDING = "shared/kairos/app/ingest/standing.py"

MUTANTS = [
    Mutant(
        "what Solapi's webhook says is believed",
        "shared/kairos/sources/solapi.py",
        "        require_any(header_text(request, PROOF), hashes)\n        return False\n",
        "        require_any(header_text(request, PROOF), hashes)\n        return True\n",
        "whoever saw one report tells of messages as they like",
        ("sources/test_solapi.py",),
    ),
    Mutant(
        "a signature is compared as plain text",
        SIGNATURE,
        'return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))',
        "return given == right",
        "the time an answer takes tells a forger how much of the signature was right",
        ("sources/test_proofs.py",),
    ),
    Mutant(
        "the beginning of a signature is enough",
        SIGNATURE,
        'return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))',
        "return right.startswith(given)",
        "one letter forges an order in a few tries",
        ("sources/test_signatures.py",),
    ),
    Mutant(
        "only the first secret counts",
        SIGNATURE,
        "return [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []",
        "return [one for one in value if isinstance(one, str) and one][:1] if isinstance(value, list | tuple) else []",
        "while a secret is rotated every webhook is refused, and the shop switches its subscription off",
        ("sources/test_signatures.py",),
    ),
    Mutant(
        "a stamp from the future is good",
        SIGNATURE,
        "if abs(request.received_at.timestamp() - int(stamp)) >",
        "if (request.received_at.timestamp() - int(stamp)) >",
        "a recorded delivery with a chosen stamp never grows old",
        ("sources/test_signatures.py",),
    ),
    Mutant(
        "acknowledged though the inbox took nothing",
        INGEST,
        "self._inbox.put([*outgoing.merges(joined, request.received_at, correlation), *messages])",
        '__import__("contextlib").suppress(Exception)(self._inbox.put)'
        "([*outgoing.merges(joined, request.received_at, correlation), *messages])",
        "an accepted event is lost",
        ("app/ingest/test_ingest.py", "app/ingest/test_front.py"),
    ),
    Mutant(
        "a complaint is told but not obeyed at once",
        INGEST,
        "stopped = stop_addresses(self._suppressions, parsed, request.received_at, country)",
        "stopped = 0",
        "what is queued already still goes to somebody who complained",
        ("app/ingest/test_ingest.py",),
    ),
    Mutant(
        "two connections share their event ids",
        FACTS,
        "id=digest(source.name, request.connection, parsed.key)",
        "id=digest(source.name, parsed.key)",
        "an order of the second shop is taken for one of the first",
        ("app/ingest/test_ingest.py",),
    ),
    Mutant(
        "whoever holds the public key names anybody",
        FACTS,
        'who = [one for one in who if one.kind == "anonymous"]',
        "who = list(who)",
        "a stranger writes behaviour into a known customer's profile",
        ("app/test_untrusted.py",),
    ),
    Mutant(
        "the public key may say anything",
        FACTS,
        "event = replace(event, traits=None, reach=None, entry=None, consent=None, message=None, historical=False)",
        "event = replace(event, historical=False)",
        "a stranger gives consent for somebody",
        ("app/test_untrusted.py",),
    ),
    Mutant(
        "one fact said twice in a request is two",
        MESSAGES,
        "groups.setdefault(fact.profile, {}).setdefault(fact.event.id, fact.event)",
        "groups.setdefault(fact.profile, {})[fact.event.id + str(len(groups[fact.profile]))] = fact.event",
        "a batch that repeats itself is queued twice",
        ("app/test_untrusted.py",),
    ),
    Mutant(
        "contacts are forgotten",
        INGEST,
        "        self._keep_contacts(addressed)\n",
        "",
        "nobody can be written to",
        ("app/ingest/test_ingest.py",),
    ),
    Mutant(
        "properties that nobody listed are let in",
        LISTED,
        "if name in names and _is_plain(value)",
        "if _is_plain(value)",
        "an order note with a name in it lies in the item, the queue and the archive",
        ("app/ingest/test_listed.py", "app/ingest/test_ingest.py"),
    ),
    Mutant(
        "a listed property may hold an address",
        LISTED,
        "if name in names and _is_plain(value)",
        "if name in names",
        "an e-mail address typed into a product title is archived",
        ("app/ingest/test_listed.py", "app/ingest/test_ingest.py"),
    ),
    Mutant(
        "the de-duplication key of Shopify lacks what is told",
        "shared/kairos/sources/shopify.py",
        'f"{cause}:{parsed.key}"',
        "cause",
        "an order's payment is taken for a repetition of its creation, and the cart is rescued after it was paid",
        ("sources/test_bodies.py",),
    ),
    Mutant(
        "a cancelled half of a reschedule is a cancellation",
        "shared/kairos/sources/calendly.py",
        'if payload.flag("rescheduled") else None',
        'if payload.flag("reschedules") else None',
        "who moved a booking is told that it fell through",
        ("sources/test_calendly.py",),
    ),
    Mutant(
        "a device joins two customers",
        CHOOSING,
        "return via.kind in KNOWN_KINDS and not differ(own.holds, other.holds)",
        "return True",
        "two people of one household get each other's messages",
        ("contracts/test_identities.py",),
    ),
    Mutant(
        "different customer ids are no obstacle",
        STANDING,
        "return any(ours[kind] != theirs[kind] for kind in ours.keys() & theirs.keys())",
        "return False",
        "a shared e-mail address makes one of two customers",
        ("contracts/test_identities.py",),
    ),
    Mutant(
        "the younger profile wins",
        STANDING,
        "return (not self.known, self.born, self.profile)",
        "return (not self.known, -self.born.timestamp(), self.profile)",
        "merges told in two orders cycle",
        ("contracts/test_identities.py",),
    ),
    Mutant(
        "GET unsubscribes",
        "shared/kairos/app/preferences/preferences.py",
        'return self._answer(200, "shown", accept_language, refusal, f"../p/{token}")',
        "return self.stop(token, accept_language)",
        "a scanner that opens every link refuses for the reader (RFC 8058, 3.2)",
        ("app/preferences/test_preferences.py",),
    ),
    Mutant(
        "the suppression is written after the inbox was told",
        "shared/kairos/app/preferences/preferences.py",
        '            self._suppressions.suppress_hashed(refusal.channel, refusal.address_hash, "marketing", '
        "UNSUBSCRIBED, now)\n",
        "",
        "where the inbox does not answer, a confirmed refusal is none",
        ("app/preferences/test_preferences.py",),
        also=(
            (
                "            self._inbox.put([message])\n",
                "            self._inbox.put([message])\n"
                "            self._suppressions.suppress_hashed("
                'refusal.channel, refusal.address_hash, "marketing", UNSUBSCRIBED, now)\n',
            ),
        ),
    ),
    Mutant(
        "an opt-out link proves itself by one byte",
        "shared/kairos/app/preferences/unsubscribe.py",
        "if not hmac.compare_digest(_tag(keyring, fields[0], raw[:-TAG_BYTES]), raw[-TAG_BYTES:]):",
        "if not hmac.compare_digest(_tag(keyring, fields[0], raw[:-TAG_BYTES])[:1], raw[-TAG_BYTES:][:1]):",
        "a stranger refuses for all customers in an afternoon",
        ("app/preferences/test_unsubscribe.py", "app/preferences/test_preferences.py"),
    ),
]
