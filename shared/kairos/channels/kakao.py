"""AlimTalk: information in KakaoTalk, to any Korean phone number, in words that Kakao has reviewed.

The words stand with Kakao under a template's id; a message is that id and what its `#{variables}` are. It carries no
advertising, so class marketing is refused when it is published. Who has no KakaoTalk is reached by the template's next
channel, as the template says: at once where Solapi knows it, else when its report says so (`sources/solapi.py`).
https://kakaobusiness.gitbook.io/main/ad/bizmessage/notice-friend
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from kairos.channels._plain import Plain
from kairos.channels._solapi import AlimTalk, AlimTalkProvider
from kairos.domain.errors import Refused
from kairos.registry import Delivery, Price, Rate

CHARACTERS_MAX = 1_000
VARIABLES = re.compile(r"#\{([^{}]{1,40})\}")
_TEMPLATE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Kakao(Plain):
    """The channel `kakao`. `template` is the id that Kakao gave, `text` the words as they were reviewed (for whoever
    reads the file, and for the law packs), `variables` what stands for each `#{name}` in them."""

    name = "kakao"
    address = "phone"
    parts: Sequence[str] = ("template", "text", "variables")
    required: Sequence[str] = ("template", "text")
    mappings: Mapping[str, Sequence[str]] = {"variables": ()}
    reports_back = True
    informational = True
    rate = Rate(per_second=20)
    price = Price(0.009, "message, about 13 won; your provider's list says what you pay")

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, object]) -> Sequence[tuple[str, str]]:
        """Return what Kakao's review would not recognise: a variable without a value, an id that is none."""
        found: list[tuple[str, str]] = []
        if not _TEMPLATE.fullmatch(texts.get("template", "").strip()):
            found.append(("template", "expected the id of a reviewed template, such as KA01TP…"))
        text = texts.get("text", "")
        if len(text) > CHARACTERS_MAX:
            found.append(("text", f"AlimTalk takes {CHARACTERS_MAX} characters, and this has {len(text)}"))
        if re.search(r"\{[{%]", text):
            found.append(("text", "write it as it was reviewed, with #{name} for each blank, and fill `variables`"))
        given = {part.partition(".")[2] for part in texts if part.startswith("variables.")}
        missing = sorted(set(VARIABLES.findall(text)) - given)
        return [*found, *(("variables", f"nothing fills #{{{name}}}") for name in missing)]

    def send(self, delivery: Delivery, client: AlimTalkProvider) -> str:
        """Hand the message over and return the provider's id. Raises Refused, Throttled or Unavailable."""
        if delivery.marketing:
            raise Refused("kakao", "AlimTalk carries no advertising")
        if delivery.at is None:
            raise Refused("kakao", "a message needs its instant")
        parts = delivery.rendered.parts
        variables: dict[str, str] = json.loads(parts.get("variables") or "{}")
        if empty := sorted(set(VARIABLES.findall(parts["text"])) - {name for name, text in variables.items() if text}):
            raise Refused("kakao", f"nothing fills {', '.join(empty)}")
        template = parts["template"].strip()
        profile = delivery.tags.get("kairos_profile", "")
        return client.send(AlimTalk(delivery.message, profile, delivery.address, template, variables, delivery.at))


CHANNEL = Kakao()
