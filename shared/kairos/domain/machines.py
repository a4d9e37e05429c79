"""Who opens messages and follows links without anybody looking: mail proxies, link scanners, previews, bots.

They say so in their user agent, mostly. Apple's mail proxy calls itself nothing but Mozilla/5.0; a link that is
followed while its message is still on the way was followed by a filter; browsers that load pages ahead say it in a
header (`Sec-Purpose`, https://wicg.github.io/nav-speculation/prefetch.html), and nobody reads what HEAD asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

TOO_SOON = timedelta(seconds=5)
"""A filter follows links before it lets a message through; a person has to get it, open it and read it first."""

_AGENTS = re.compile(
    r"^Mozilla/5\.0$|GoogleImageProxy|YahooMailProxy|BingPreview|Barracuda|Mimecast|Proofpoint|Symantec|SafeLinks"
    r"|HeadlessChrome|python-requests|Go-http-client|^curl/|^Wget/|^Java/|okhttp|facebookexternalhit|kakaotalk-scrap"
    r"|Slackbot|Discordbot|TelegramBot|Twitterbot|LinkedInBot|Googlebot|bingbot|WhatsApp/|SkypeUriPreview|Yeti/"
    r"|\b(?:bot|crawler|spider|scanner)\b",
    re.IGNORECASE,
)


def is_machine(agent: str) -> bool:
    """Return whether a user agent says that no person is behind it."""
    return _AGENTS.search(agent) is not None


def followed_by_machine(method: str, headers: Mapping[str, str], after: timedelta) -> bool:
    """Return whether a link was followed by a machine, so long `after` its message was sent; header names are lower."""
    ahead = "prefetch" in f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}"
    agent = headers.get("user-agent", "")[:500]
    return method == "HEAD" or ahead or not agent or is_machine(agent) or after < TOO_SOON
