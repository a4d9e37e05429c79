"""docs/law.md: the journeys it gives do what they say, and each test it names is there, in both languages. Those of the
notices are the ones of examples/spring-day, which has the templates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kairos.app.definitions.documents import Definition, Documents, check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.ready import check_ready
from kairos.app.definitions.template import PARTIAL
from kairos.app.definitions.yaml_source import read_yaml
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.policies.kr import months_after
from tests.app.decide.world import World
from tests.policies.test_korean_law import BRAND, NOON, word

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *("policies", "app", "app/deliver", "app/preferences", "browser", "channels", "cli", "cli/checkup"),
    *("examples", "local"),
)
"""Where the tests are that the pages name."""

EXAMPLE = ROOT / "examples" / "spring-day"
NOTICES = ("consent-result", "consent-renewal", "consent-confirm")
YAML = re.compile(r"^```yaml\n# (journeys|templates)/[\w-]+\.yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented(kind: str) -> list[dict[str, Any]]:
    """Return the definitions of a kind as docs/law.md writes them."""
    page = (ROOT / "docs/law.md").read_text("utf-8")
    return [read_yaml(text.encode()).document for found, text in YAML.findall(page) if found == kind]


def with_journeys() -> World:
    definitions = [Definition("brand", "brand", {**BRAND, "existing_customers": []}, "brand.yaml")]
    for kind in ("journey", "template"):
        definitions += [Definition(kind, each["id"], each, each["id"]) for each in documented(f"{kind}s")]
    templates = load_brand(EXAMPLE).of("template")
    partials = [id for id, each in templates.items() if PARTIAL in each.document]
    definitions += [templates[id] for id in (*NOTICES, *partials)]
    documents = Documents(tuple(definitions))
    assert [str(problem) for problem in (*check_brand_documents(documents), *check_ready(documents))] == []
    there = World(now=NOON, consents=False)
    there.release = Release(build_bundle(documents, None, years=[2026]), Pointer("r"))
    return there


def test_the_notices_shown_are_those_of_the_example() -> None:
    lived = load_brand(EXAMPLE).documents("journey")
    shown = {journey["id"]: journey for journey in documented("journeys")}
    assert shown["consent-confirm"].pop("trigger")[0] == lived["consent-confirm"].pop("trigger"), "one more if you like"
    for id in NOTICES:
        assert shown[id] == {key: value for key, value in lived[id].items() if key not in ("name", "description")}


def notices(there: World) -> list[tuple[str, datetime]]:
    return [(reason.template, reason.at) for reason in there.reasons if reason.kind == "message"]


def test_50_7_the_result_is_told_at_once() -> None:
    there = with_journeys()
    there.hear(word(NOON, channel="email"))
    later = NOON + timedelta(days=40)
    there.hear(word(later, "consent_withdrawn", channel="email"))
    told = [notice for notice in notices(there) if notice[0] == "consent-result"]
    assert told == [("consent-result", NOON), ("consent-result", later)]


def test_50_8_the_confirmation_is_asked_for_before_two_years_are_over() -> None:
    there = with_journeys()
    there.hear(word(NOON, channel="email"))
    there.hear(word(NOON + timedelta(days=9), channel="sms"), at=NOON + timedelta(days=9))
    there.live_until(NOON + timedelta(days=2200))
    asked = [(reason.at - NOON, reason.channel) for reason in there.reasons if reason.template == "consent-renewal"]
    assert asked == [
        (timedelta(days=720 * n + later), on) for n in (1, 2, 3) for later, on in ((0, "email"), (9, "sms"))
    ]
    assert NOON + asked[0][0] < months_after(NOON, 24)


def test_50_8_a_confirmation_starts_the_two_years_anew_and_a_refusal_ends_them() -> None:
    there = with_journeys()
    there.hear(word(NOON, channel="email"))
    there.hear(word(NOON + timedelta(days=700), channel="email", confirmed=True))
    there.live_until(NOON + timedelta(days=1400))
    assert "consent-renewal" not in [template for template, _ in notices(there)]
    there.hear(word(NOON + timedelta(days=1410), "consent_withdrawn", channel="email"))
    there.live_until(NOON + timedelta(days=3000))
    assert "consent-renewal" not in [template for template, _ in notices(there)]


def test_a_consent_is_asked_to_be_confirmed_once_and_counts_from_then() -> None:
    there = with_journeys()
    there.hear(word(NOON, channel="email"))
    asked = [template for template, _ in notices(there) if template == "consent-confirm"]
    there.hear(word(NOON + timedelta(hours=1), channel="email", confirmed=True))
    assert asked == [template for template, _ in notices(there) if template == "consent-confirm"] == ["consent-confirm"]


def test_both_pages_name_the_same_rules_and_tests_that_exist() -> None:
    pages = [(ROOT / page).read_text("utf-8") for page in ("docs/law.md", "docs/law.ko.md")]
    english, korean = (re.findall(r"`(test_\w+)`", page) for page in pages)
    assert english == korean
    files = [re.findall(r"`((?:app|policies)/[\w/]+\.py)`", page) for page in pages]
    assert files[0] == files[1]
    assert [file for file in files[0] if not (ROOT / "shared/kairos" / file).exists()] == []
    written = "".join(
        file.read_text("utf-8") for folder in FOLDERS for file in (ROOT / "tests" / folder).glob("test_*.py")
    )
    assert [name for name in english if f"def {name}(" not in written] == []
