"""A shop's site with the strictest policy under which the tag must work, and its journeys in the local cloud."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.sync_api import Request as Asked

from tests.browser.stand import KEY, Stand, standing

EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
BRAND: Mapping[str, Any] = {
    "name": "Corner Shop",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "policies": ["kr"],
    "sender": {"name": "Corner Shop", "contact": "02-000-0000"},
}


def _journey(id: str, event: str, value: str, field: str = "category") -> dict[str, Any]:
    return {
        "id": id,
        "class": "marketing",
        "trigger": {"event": event, "where": {"field": field, "eq": value}},
        "steps": [{"send": id, "expires": "30m"}],
    }


TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "popup": {
        "title": "Your cart",
        "text": "It is still here.\nFor one more day.",
        "button": "Go to the cart",
        "link": "{{ event.path | prepend: 'https://shop.example.com/back' }}",
    },
    "banner": {"form": "banner", "frequency": "always", "text": "{{ event.name }}", "title": "{{ event.name }}"},
    "slot": {"form": "slot", "slot": "top", "frequency": "daily", "text": "In the page"},
    "left": {"form": "slot", "slot": "nowhere", "text": "You were here"},
}
JOURNEYS: Mapping[str, Mapping[str, Any]] = {
    **{name: _journey(name, "page_viewed", name) for name in ("popup", "banner", "slot")},
    "left": _journey("left", "page_left", "/long", "path"),
}
FILES: Mapping[str, Any] = {
    "brand.yaml": BRAND,
    **{f"journeys/{name}.yaml": made for name, made in JOURNEYS.items()},
    **{f"templates/{name}.yaml": {"web": parts} for name, parts in TEMPLATES.items()},
}


@dataclass
class Site:
    """The page's own server: any path is the same page. `head` and `body` are what a test puts into it."""

    cloud: Stand
    url: str = ""
    attributes: str = ""
    head: str = ""
    body: str = ""
    served: list[str] = field(default_factory=list)

    @property
    def policy(self) -> str:
        """Return the site's Content-Security-Policy: what docs/web-tag.md asks for, and nothing else."""
        return (
            f"default-src 'none'; script-src {self.api}/v1/tag.js; connect-src {self.api}; img-src https:; "
            "style-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
        )

    def page(self) -> str:
        tag = f'<script async src="{self.api}/v1/tag.js" data-kairos-key="{KEY}" {self.attributes}></script>'
        head = f'<!doctype html><html lang="en"><head><title>Shop</title>{self.head}{tag}</head>'
        return f"{head}<body>{self.body}</body></html>"

    @property
    def api(self) -> str:
        return self.cloud.url


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *given: Any) -> None:
        self.site = site
        super().__init__(*given)

    def do_GET(self) -> None:
        self.site.served.append(self.path)
        body = self.site.page().encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-security-policy", self.site.policy)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(template: Path, folder: Path) -> Iterator[Site]:
    """Serve the shop's page and the local cloud, each on a port of its own."""
    with ExitStack() as stack:
        for name, document in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(yaml.safe_dump(document), "utf-8")
        site = Site(stack.enter_context(standing(template, folder)))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site))
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        yield site


@dataclass
class Visitor:
    """A browser of one person's: everything it asked the API for, and everything it complained about."""

    context: BrowserContext
    page: Page
    api: str
    calls: list[Asked] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sent(self) -> list[dict[str, Any]]:
        """Return the bodies that went to the API."""
        return [json.loads(call.post_data or "{}") for call in list(self.calls)]

    def stored(self) -> dict[str, str]:
        found: dict[str, str] = self.page.evaluate("Object.fromEntries(Object.entries(localStorage))")
        return found


@contextmanager
def visiting(browser: Browser, site: Site, **options: Any) -> Iterator[Visitor]:
    """Open a browser that nobody has used before."""
    context = browser.new_context(**options)
    page = context.new_page()
    visitor = Visitor(context, page, site.api)

    def note(request: Asked) -> None:
        if request.url.startswith(site.api) and not request.url.endswith("/v1/tag.js"):
            visitor.calls.append(request)

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error":
            visitor.complaints.append(message.text)

    page.on("request", note)
    page.on("console", complain)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    try:
        yield visitor
    finally:
        context.close()
