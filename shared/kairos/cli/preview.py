"""`preview`: a draft of a template as a customer would get it, in each of its channels, with what the law packs add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos import registry
from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.template import channels_of, check_template
from kairos.app.render.blanks import fill_blanks, language_of
from kairos.app.render.local_time import Wall
from kairos.app.render.money import currency_of
from kairos.app.render.render import CannotRender, render
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen
from kairos.cli.send_test import draft_of, read_data, sample
from kairos.domain.localtime import UnknownZone, load_zone
from kairos.domain.profile import Message, Profile

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Preview:
    """Which template, whether as class marketing, for which customer (None: samples), and values that go before all."""

    template: str
    marketing: bool
    profile: Profile | None = None
    data: Path | None = None


def preview_template(deployment: Deployment, wish: Preview) -> int:
    """Print the message in every channel of the template; return 1 where one cannot be rendered or would not be sent.

    For a customer their contacts are read, so it shows who they are.
    """
    drafts, screen, wrong = deployment.drafts.all(), open_screen(), 0
    brand = draft_of(drafts, "brand", "brand", check_brand)
    template = draft_of(drafts, "template", wish.template, check_template)
    url, blanks = f"{deployment.public_url}/u/preview", _blanks(deployment, wish, template, brand)
    blanks |= read_data(wish.data) | {"unsubscribe_url": url, "confirm_url": url}
    wall = Wall(_zone(wish.profile, brand), language_of(brand), deployment.clock.now(), currency_of(brand))
    for name in channels_of(template):
        channel = registry.load("channels", name)
        screen.print(f"\n{name}", style="bold")
        try:
            rendered = render(wish.template, template, name, blanks, wall, channel.parts)
        except CannotRender as error:
            screen.print(f"  cannot be rendered: {error}", style="red")
            wrong = 1
            continue
        policies = [registry.load("policies", policy) for policy in brand.get("policies") or ()]
        for policy in policies:
            rendered = policy.apply(rendered, name, wish.marketing, brand, url)
        for part, text in rendered.parts.items():
            screen.print(f"  {part}: {text}")
        for policy in policies:
            if lack := policy.lacks(rendered, name, wish.marketing, brand):
                screen.print(f"  would not be sent: {policy.name}: {lack} is missing", style="red")
                wrong = 1
    return wrong


def _blanks(
    deployment: Deployment, wish: Preview, template: Mapping[str, Any], brand: Mapping[str, Any]
) -> dict[str, Any]:
    now = deployment.clock.now()
    if wish.profile is None:
        return sample(template, brand, now)
    refs = ["profile", *(f"entry#{kind}#{id}" for kind, id in wish.profile.entries)]
    contacts = deployment.contacts.fetch([*wish.profile.former, wish.profile.id], refs)
    latest = max(wish.profile.enrollments.values(), key=lambda passage: passage.entered_at, default=None)
    message = Message(
        id="preview",
        enrollment=latest.id if latest else "",
        journey=latest.journey if latest else "",
        version=0,
        step="",
        subject=latest.subject if latest else "",
        template=wish.template,
        channel="",
        marketing=wish.marketing,
        due=now,
        expires_at=now + timedelta(days=1),
        state="asked",
    )
    return fill_blanks(wish.profile, message, contacts, brand, None)


def _zone(profile: Profile | None, brand: Mapping[str, Any]) -> Any:
    try:
        return load_zone(profile.zone if profile and profile.zone else brand["timezone"])
    except UnknownZone as error:
        if profile is None:
            raise CannotDo(str(error)) from error
        return load_zone(brand["timezone"])
