"""The audit itself: each fault it exists for is planted in a small page, and seen."""

from __future__ import annotations

import pytest

from tests.browser.audit import Findings, look, space, walk, weigh
from tests.browser.chromium import Watched, open_context
from tests.browser.french import english_left

ORIGIN = "http://planted.invalid"
LOOK = "<style>button { min-height: 30px } :focus { outline: 3px solid }</style>"
SHADOW = "background: linear-gradient(90deg, #ccc, transparent)"
SOUND = LOOK + "<main><h1>Une page</h1><p>Un texte et <a href='/'>un lien</a>.</p><button>Continuer</button></main>"


def _table(kind: str, style: str) -> str:
    cells = "<th scope=col>Une colonne assez large</th>" * 6
    return (
        f"<main><div class=scroll tabindex=0 role=region aria-label=Table style='{style}'><table class='{kind}' "
        f"style='width:900px'><caption>Une légende</caption><tr>{cells}</tr></table></div></main>"
    )


FAULTS = {
    "nothing": (SOUND, ""),
    "pale text": (SOUND + "<p style='color:#bbb'>pâle</p>", "color-contrast"),
    "a picture without words": (SOUND + "<main><img src='data:,' width=9 height=9></main>", "image-alt"),
    "a page that refreshes itself": ("<meta http-equiv=refresh content=5>" + SOUND, "meta-refresh"),
    "a small target": (SOUND + "<button style='width:20px;height:20px;padding:0'>x</button>", "target too small"),
    "a wide element": (SOUND + "<p style='width:2000px'>large</p>", "scrolls sideways"),
    "a wide table without a sign": (SOUND + _table("", "overflow-x: auto"), "no sign of what is hidden"),
    "a wide table whose caption is cut": (SOUND + _table("", f"overflow-x: auto; {SHADOW}"), "a caption is cut"),
    "a stacked table that scrolls": (
        SOUND + _table("stacked", f"overflow-x: auto; {SHADOW}"),
        "a stacked table scrolls",
    ),
    "a button out of reach": (SOUND + "<button tabindex=-1>caché</button>", "not reached"),
    "a line cut off once letters stand apart": (
        SOUND + "<div style='width:14em;height:1.2em;line-height:1.2;overflow:hidden'>Une ligne qui tient ici</div>",
        "with text spaced cut off",
    ),
    "a line that leaves the page once letters stand apart": (
        SOUND + f"<p style='white-space:nowrap;width:min-content;font:16px monospace'>{'mot ' * 7}</p>",
        "with text spaced scrolls sideways",
    ),
    "focus unseen": (SOUND + "<style>:focus { outline: none }</style>", "no outline"),
    "a jumping page": (
        SOUND
        + "<script>requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => document.body.prepend("
        "Object.assign(document.createElement('p'), {style: 'height:500px', textContent: 'saut'})), 80)))</script>",
        "moves by",
    ),
    "a heavy page": (SOUND + f"<!-- {'x' * 200_000} -->", "too heavy"),
    "an error on the console": (SOUND + "<script>console.error('perdu')</script>", "console: perdu"),
    "a request elsewhere": (SOUND + "<img alt='' src='http://elsewhere.invalid/pixel'>", "another origin"),
    "a breach of the policy": (SOUND + "<script>eval('1')</script>", "policy report"),
    "a text of the catalogue": (SOUND + "<p>Skip to the content</p>", "English on a French page"),
    "a text unknown to the catalogue": (SOUND + "<p>Nobody wrote this with care</p>", "English on a French page"),
}


@pytest.fixture(scope="module")
def context(engine):
    """A browser that audits."""
    context = open_context(engine, ORIGIN)
    yield context
    context.close()


@pytest.mark.parametrize("planted", FAULTS)
def test_a_planted_fault_is_seen_and_a_sound_page_has_none(context, planted) -> None:
    body, expected = FAULTS[planted]
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    headers = {"Content-Security-Policy": "script-src 'unsafe-inline'; base-uri 'none'"}
    html = f"<!doctype html><html lang='fr'><title>Une page</title><link rel='icon' href='data:,'>{body}</html>"
    page.route(
        f"{ORIGIN}/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
    )
    watched, findings = Watched(page), Findings()

    page.goto("/")
    if "jump" in planted:  # what moves before the first picture is drawn moves nothing
        page.get_by_text("saut").wait_for()
        page.wait_for_timeout(100)
    weigh(page, "here", findings)
    look(page, "here", findings)
    space(page, "here", findings)
    findings.add("here", english_left(page))
    walk(page, "here", findings)
    findings.add("here", watched.faults())

    if expected:
        assert any(expected in fault for fault in findings.faults), findings.faults
    else:
        assert findings.faults == []
    page.close()
