"""`preview`: a draft of a template as a customer would get it, in each of its channels, with what the law packs add.

For a customer it is what they would get now, by the rules of its variants and in their language; with samples it is
everything that the template may say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos import registry
from kairos.app.definitions.as_sent import dressed
from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.template import PARTIAL, channels_of, check_template, texts_of
from kairos.app.publish.tracked import Segments
from kairos.app.render.blanks import fill_blanks, language_for, language_of, moment_of, wall_of
from kairos.app.render.choose import Choice, choose, partials_in
from kairos.app.render.mjml import with_html
from kairos.app.render.render import CannotRender, render
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen
from kairos.cli.send_test import draft_of, partials_of_drafts, read_data, sample
from kairos.domain.condition import Facts
from kairos.domain.localtime import UnknownZone, load_zone
from kairos.domain.offer import Coupon
from kairos.domain.profile import Message, Profile

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


PREVIEW = "/u/preview"
"""Where the links of a preview lead: nowhere."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Which template, whether as class marketing, for which customer (None: samples), values that go before all, and a
    folder into which HTML is written, to be opened in a browser."""

    template: str
    marketing: bool
    profile: Profile | None = None
    data: Path | None = None
    html: Path | None = None


def preview_template(deployment: Deployment, wish: Preview) -> int:
    """Print the message in every channel of the template; return 1 where one cannot be rendered or would not be sent.

    For a customer their contacts are read, so it shows who they are.
    """
    drafts = deployment.drafts.all()
    brand = draft_of(drafts, "brand", "brand", check_brand)
    template = draft_of(drafts, "template", wish.template, check_template)
    if PARTIAL in template:
        raise CannotDo(f"the template {wish.template!r} is a partial: preview one that calls it")
    url, blanks = f"{deployment.public_url}{PREVIEW}", _blanks(deployment, wish, template, brand)
    blanks |= read_data(wish.data) | {"unsubscribe_url": url, "confirm_url": url}
    view = _View(wish, brand, drafts, blanks, url, deployment.clock.now())
    return max(view.show(name, choice) for name in channels_of(template) for choice in view.choices(template, name))


@dataclass(frozen=True, slots=True)
class _View:
    """All that a preview is made of."""

    wish: Preview
    brand: Mapping[str, Any]
    drafts: Mapping[tuple[str, str], Any]
    blanks: Mapping[str, Any]
    url: str
    now: datetime

    def choices(self, template: Mapping[str, Any], channel: str) -> Iterator[Choice]:
        """Yield what the customer would get, or all that the template may say by a channel."""
        written = language_of(self.brand)
        if self.wish.profile is None:
            own = str(template.get("language") or written)
            for path, name, parts in texts_of(template):
                if name == channel:
                    variant = template["variants"][path[1]]["id"] if path[0] == "variants" else ""
                    yield Choice(parts, str(path[-2]) if "languages" in path else own, variant)
            return
        profile, message = self.wish.profile, _latest(self.wish, self.now)
        enrollment = profile.enrollments.get(message.enrollment)
        segments = Segments({id: draft for (kind, id), draft in self.drafts.items() if kind == "segment"})
        properties, entry = (enrollment.properties, enrollment.entry) if enrollment else ({}, None)
        facts = Facts(profile, properties, self.now, segments, entry, _zone(profile, self.brand))
        wanted = language_for(profile, self.brand)
        if choice := choose(template, channel, wanted, written, facts, moment_of(profile, message)):
            yield choice

    def show(self, channel: str, choice: Choice) -> int:
        """Print one message; return 1 where it cannot be rendered or would not be sent."""
        plug_in, screen, wrong = registry.load("channels", channel), open_screen(), 0
        variant = f", variant {choice.variant}" if choice.variant else ""
        spoken = f", in {choice.language}" if choice.language != language_of(self.brand) else ""
        screen.print(f"\n{channel}{variant}{spoken}", style="bold")
        wall = wall_of(self.brand, _zone(self.wish.profile, self.brand), self.now, choice.language)
        partials = partials_in(partials_of_drafts(self.drafts), choice.language, language_of(self.brand))
        try:
            document = {channel: with_html(choice.parts)}
            written = render(self.wish.template, document, channel, self.blanks, wall, plug_in.parts, partials)
        except CannotRender as error:
            screen.print(f"  cannot be rendered: {error}", style="red")
            return 1
        policies = [registry.load("policies", policy) for policy in self.brand.get("policies") or ()]
        rendered = written
        for policy in policies:
            rendered = policy.apply(rendered, channel, self.wish.marketing, self.brand, self.url)
        for part, text in rendered.parts.items():
            screen.print(f"  {part}: {self._shown(part, text, choice)}")
        sent = dressed(written, channel, self.wish.marketing, self.brand, self.url.removesuffix(PREVIEW))
        if measured := plug_in.measured(sent.parts, self.brand):
            as_sent = "" if sent == rendered else " as it is sent, with links as long as they will be"
            screen.print(f"  {measured}{as_sent}", style="dim")
        for policy in policies:
            if lack := policy.lacks(rendered, channel, self.wish.marketing, self.brand):
                screen.print(f"  would not be sent: {policy.name}: {lack} is missing", style="red")
                wrong = 1
        return wrong

    def _shown(self, part: str, text: str, choice: Choice) -> str:
        """Return the part, or the file that it was written into."""
        if part != "html" or self.wish.html is None:
            return text
        named = (name for name in (self.wish.template, choice.variant, choice.language) if name)
        file = self.wish.html / f"{'.'.join(named)}.html"
        try:
            self.wish.html.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        except OSError as error:
            raise CannotDo(f"{file} cannot be written: {error.strerror}") from error
        return str(file)


def _blanks(
    deployment: Deployment, wish: Preview, template: Mapping[str, Any], brand: Mapping[str, Any]
) -> dict[str, Any]:
    now = deployment.clock.now()
    if wish.profile is None:
        return sample(template, brand, now, partials_of_drafts(deployment.drafts.all()))
    refs = ["profile", *(f"entry#{kind}#{id}" for kind, id in wish.profile.entries)]
    contacts = deployment.contacts.fetch([*wish.profile.former, wish.profile.id], refs)
    offer = template.get("offer")
    coupon = Coupon(str(offer), "[code]", now, now + timedelta(days=1)) if offer else None
    products = deployment.catalogue
    return fill_blanks(wish.profile, _latest(wish, now), contacts, brand, None, coupon=coupon, products=products)


def _latest(wish: Preview, now: datetime) -> Message:
    """Return the message as the customer's latest passage would send it."""
    passages = wish.profile.enrollments.values() if wish.profile else ()
    latest = max(passages, key=lambda passage: passage.entered_at, default=None)
    return Message(
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


def _zone(profile: Profile | None, brand: Mapping[str, Any]) -> Any:
    try:
        return load_zone(profile.zone if profile and profile.zone else brand["timezone"])
    except UnknownZone as error:
        if profile is None:
            raise CannotDo(str(error)) from error
        return load_zone(brand["timezone"])
