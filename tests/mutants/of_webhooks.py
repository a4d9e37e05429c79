"""Mistakes in what is proven by public keys, and in what systems of the brand's own are told."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SNS = "shared/kairos/sources/_sns_proof.py"
SIGNATURE = "shared/kairos/sources/_signature.py"
ANNOUNCEMENTS = "shared/kairos/app/deliver/announcements.py"
ANNOUNCING = "shared/kairos/app/decide/announcing.py"
DISPATCH = "shared/kairos/app/dispatch.py"
PUBLISH = "shared/kairos/app/publish/publish.py"

MUTANTS = [
    Mutant(
        "a message of any topic that AWS signed",
        SNS,
        '    if body.raw.get("TopicArn") != topic.arn:\n',
        '    if "TopicArn" not in body.raw:\n',
        "whoever has an account of AWS reports bounces of our customers",
        ("sources/test_sns.py",),
    ),
    Mutant(
        "a certificate's host that only begins right",
        SNS,
        'url.startswith(f"https://{host}/") and parts.netloc == host',
        'url.startswith(f"https://{host}")',
        "a stranger signs with a certificate of their own",
        ("sources/test_sns.py",),
    ),
    Mutant(
        "a message of SNS is good for ever",
        SNS,
        "-AHEAD_MAX <= request.received_at - at <= AGE_MAX",
        "-AHEAD_MAX <= request.received_at - at",
        "what was recorded once is believed again years later",
        ("sources/test_sns.py",),
    ),
    Mutant(
        "a public key serves as a secret",
        SIGNATURE,
        "shared = [_decoded(one) for one in in_force if not one.startswith(PUBLIC_PREFIX)]",
        "shared = [_decoded(one.removeprefix(PUBLIC_PREFIX)) for one in in_force]",
        "everybody who knows the public key signs with it",
        ("sources/test_webhook_signatures.py",),
    ),
    Mutant(
        "who is gone is posted to all the same",
        ANNOUNCEMENTS,
        "        if state.gone_at is not None:\n",
        "        if state.gone_at is not None and state.failures:\n",
        "a receiver that asked for nothing more is posted to for ever",
        ("app/deliver/test_announcements.py",),
    ),
    Mutant(
        "a receiver that is down is called for each event",
        ANNOUNCEMENTS,
        "        if state.retry_at is not None and now < state.retry_at:\n",
        "        if state.retry_at is not None and now < state.retry_at and not state.failures:\n",
        "ten thousand events wait eight seconds each",
        ("app/deliver/test_announcements.py",),
    ),
    Mutant(
        "two announcements of one write bear one id",
        DISPATCH,
        "str(task.image.version), str(task.place))",
        "str(task.image.version), announce.type)",
        "who entered, left and entered a segment is taken to have left it",
        ("app/test_dispatch.py",),
    ),
    Mutant(
        "a consent that is said again is told as changed",
        ANNOUNCING,
        "        if was == (consent.given, consent.basis, consent.confirmed):\n",
        "        if was is None and not consent.given:\n",
        "each import tells the CRM of everybody",
        ("app/decide/test_announcing.py",),
    ),
    Mutant(
        "nobody listens yet when the first is announced",
        PUBLISH,
        "        self._listen(bundle)  # before anything is announced\n",
        "",
        "announcements pile up in a queue that nobody asks",
        ("app/publish/test_publish.py",),
    ),
]
