"""What is asked of every page: accessible by axe, reachable by keyboard, narrow enough, light, still, and quiet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

REFUSED_IMPACTS = {"moderate", "serious", "critical"}
WITHOUT_PRELOAD = {"resultTypes": ["violations"], "preload": False}  # of sound and of other sites' styles: we have none
EVERY_RULE = {**WITHOUT_PRELOAD, "rules": {"target-size": {"enabled": True}}}
RULES_OF_APPEARANCE = [
    "color-contrast",
    "target-size",
    "scrollable-region-focusable",
    "link-in-text-block",
    "aria-hidden-focus",
]
APPEARANCE = {**WITHOUT_PRELOAD, "runOnly": {"type": "rule", "values": RULES_OF_APPEARANCE}}
AXE_SCRIPT = Axe().axe_script
SMALLEST_TARGET_PIXELS = 24  # WCAG 2.2, 2.5.8
LARGEST_LAYOUT_SHIFT = 0.05
LARGEST_PAGE_BYTES = 200_000
LARGEST_SCRIPT_BYTES = 20_000  # on the pages of sitting and verifying; no page of ours needs more
MOST_STOPS = 80

TOO_SMALL = """(least) => {
  const shown = (e) => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().right > 0;
  const targets = document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])");
  return [...targets].filter(shown).map((e) => e.closest("label") ?? e)
    .filter((e) => getComputedStyle(e).display !== "inline") // links in a sentence are exempt, axe measures the rest
    .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.width < least || box.height < least)
    .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`);
}"""
SIDEWAYS = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > room + 1)
    .map((e) => e.outerHTML.slice(0, 80)).slice(-3);
}"""
# A table that is wider than the page scrolls by itself; its caption stays whole, and one made to stack never scrolls.
HIDDEN_IN_TABLES = """() => [...document.querySelectorAll(".scroll")].flatMap((e) => {
  if (!e.checkVisibility()) return [];
  const caption = e.querySelector("caption")?.getBoundingClientRect(), room = e.getBoundingClientRect();
  const cut = caption && caption.right > room.right + 1, over = e.scrollWidth > e.clientWidth + 1;
  const stacks = e.querySelector(".stacked") && innerWidth < 500;
  const isUnmarked = getComputedStyle(e).backgroundImage === "none";
  return [...(cut ? ["a caption is cut"] : []), ...(over && stacks ? ["a stacked table scrolls"] : []),
    ...(over && isUnmarked ? ["no sign of what is hidden"] : [])]
    .map((fault) => `${fault}: ${e.innerText.trim().slice(0, 60)}`);
})"""
# WCAG 2.2, 1.4.12: the spacing that people with dyslexia or low vision set for themselves. Plots with text in them are
# drawn for their own sizes and have their words in a table beside.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`*:not(svg *) { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets.push(sheet);
  const spills = (e) => {
    const style = getComputedStyle(e), [x, y] = [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight];
    if (style.display === "inline" || e.clientHeight <= 1) return false; // or there for screen readers alone
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    const cut = (x > 1 && hides(style.overflowX)) || (y > 1 && hides(style.overflowY));
    return cut || (y > 3 && e.matches("button, .button, label, legend, th, td, summary, li, h1, h2, h3, p"));
  };
  const found = [...document.body.querySelectorAll("*:not(svg, svg *)")]
    .filter((e) => e.checkVisibility() && e.innerText?.trim() && spills(e)).map((e) => e.outerHTML.slice(0, 80));
  const sideways = document.documentElement.scrollWidth > document.documentElement.clientWidth
    ? [...document.body.querySelectorAll("*")].filter((e) =>
        e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 80))
      .slice(-3) : [];
  document.adoptedStyleSheets.pop();
  return [...found.slice(-3).map((html) => `cut off: ${html}`), ...sideways.map((html) => `scrolls sideways: ${html}`)];
}"""
WEIGHT = """() => {
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const bytes = (entries) => entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
  return [bytes(loaded), bytes(loaded.filter((entry) => entry.initiatorType === "script"))];
}"""
# What moves within half a second of a press is its answer and no shift, as the web's own measure (CLS) has it.
LAYOUT_SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { sum += e.hadRecentInput ? 0 : e.value; }))
    .observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => resolve(sum), 0));
})"""
WALK = """() => {
  const walk = { reached: new Set(), faults: [] };
  window.walk = walk;
  const group = (e) => e.type === "radio" ? `radio ${e.name}` : e;
  const candidates = document.querySelectorAll(
    "a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex='0']");
  const due = new Set([...candidates].filter((e) => !e.disabled && e.checkVisibility()).map(group));
  walk.due = due;
  document.addEventListener("focusin", (event) => {
    const e = event.target, style = getComputedStyle(e), box = e.getBoundingClientRect();
    walk.reached.add(group(e));
    const html = e.outerHTML.slice(0, 80);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) walk.faults.push(`no outline: ${html}`);
    const [x, y] = [box.left + Math.min(box.width, innerWidth) / 2, box.top + Math.min(box.height, 8) / 2];
    const top = document.elementFromPoint(x, y);
    if (top && !e.contains(top) && !top.contains(e)) walk.faults.push(`covered: ${html}`);
  });
  return due.size;
}"""
WALKED = """() => [...window.walk.faults, ...[...window.walk.due].filter((e) => !window.walk.reached.has(e))
  .map((e) => `not reached: ${e.outerHTML?.slice(0, 80) ?? e}`)]"""


@dataclass
class Findings:
    """What was measured on the pages, and what must not be."""

    asks_axe: bool = True
    faults: list[str] = field(default_factory=list)
    pages: int = 0
    axe_runs: int = 0
    endpoints: set[str] = field(default_factory=set)
    rules_passed_over: set[str] = field(default_factory=set)
    heaviest_bytes: int = 0
    most_script_bytes: int = 0
    largest_shift: float = 0.0
    stops: int = 0

    def add(self, where: str, faults: list[str]) -> None:
        self.faults += [f"{where}: {fault}" for fault in faults]


def weigh(page: Page, where: str, findings: Findings) -> None:
    """Bytes of page and scripts, and how much the page moved while it came."""
    everything, scripts = page.evaluate(WEIGHT)
    shift = page.evaluate(LAYOUT_SHIFT)
    findings.heaviest_bytes = max(findings.heaviest_bytes, everything)
    findings.most_script_bytes = max(findings.most_script_bytes, scripts)
    findings.largest_shift = max(findings.largest_shift, shift)
    if everything > LARGEST_PAGE_BYTES or scripts > LARGEST_SCRIPT_BYTES:
        findings.add(where, [f"too heavy: {everything} bytes, of which scripts {scripts}"])
    if shift > LARGEST_LAYOUT_SHIFT:
        findings.add(where, [f"moves by {shift:.3f} while it loads"])


def look(page: Page, where: str, findings: Findings, *, again: bool = False) -> None:
    """Axe, targets and width, as the page stands now; `again` in another appearance, by the rules that depend on it."""
    if findings.asks_axe:
        findings.axe_runs += 1
        findings.add(where, _axe(page, APPEARANCE if again else EVERY_RULE, findings))
    findings.add(where, [f"target too small: {target}" for target in page.evaluate(TOO_SMALL, SMALLEST_TARGET_PIXELS)])
    findings.add(where, [f"scrolls sideways because of {element}" for element in page.evaluate(SIDEWAYS)])
    findings.add(where, page.evaluate(HIDDEN_IN_TABLES))


def _axe(page: Page, options: dict[str, Any], findings: Findings) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):  # once for each document that is looked at, not for each that loads
        page.evaluate(AXE_SCRIPT)
    violations: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(options).then((done) => done.violations)", options
    )
    findings.rules_passed_over |= {rule["id"] for rule in violations if rule["impact"] not in REFUSED_IMPACTS}
    return [
        f"axe {rule['impact']} {rule['id']}: {node['html'][:100]} {node.get('failureSummary', '')[:200]}"
        for rule in violations
        if rule["impact"] in REFUSED_IMPACTS
        for node in rule["nodes"]
    ]


def space(page: Page, where: str, findings: Findings) -> None:
    """With letters, words and lines farther apart, nothing is cut off and nothing leaves the page."""
    findings.add(where, [f"with text spaced {fault}" for fault in page.evaluate(SPACED)])


def walk(page: Page, where: str, findings: Findings) -> None:
    """Tab through the whole page: everything is reached, and one sees where one is."""
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    stops = min(page.evaluate(WALK) + 2, MOST_STOPS)
    for _ in range(stops):
        page.keyboard.down("Tab")  # held down, it repeats: half as many messages to the browser
    page.keyboard.up("Tab")
    findings.stops += stops
    findings.add(where, page.evaluate(WALKED))
