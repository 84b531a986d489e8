"""How soon every page stands on a slow phone: largest paint, layout shift, bytes, requests, beside a bare page.

    python benchmarks/pages.py              every page of the exhibition, English, cold cache
    python benchmarks/pages.py --language fr

Network 1.6 Mbit/s down, 750 kbit/s up, 150 ms round trip; processor four times slower. The floor is a page of one
heading without a style sheet, served by the same server in the same run.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests.browser.chromium import launch, open_context
from tests.browser.exhibition import Exhibit, Exhibition, serve
from tests.browser.exhibits import exhibits

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER_PROCESSOR = 4
GOALS = {"paint": 1500.0, "shift": 0.05, "bytes": 200_000, "script": 20_000, "requests": 20}
FLOOR = "/bare-floor"
WATCH = """
window.seen = {paint: 0, shift: 0};
new PerformanceObserver((l) => l.getEntries().forEach((e) => { seen.paint = e.startTime; }))
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((l) => l.getEntries().forEach((e) => { if (!e.hadRecentInput) seen.shift += e.value; }))
  .observe({type: "layout-shift", buffered: true});
"""
READ = """() => new Promise((done) => setTimeout(() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sum = (list) => list.reduce((total, one) => total + one.encodedBodySize, 0);
  done({...window.seen, bytes: sum(all), script: sum(all.filter((one) => one.initiatorType === "script")),
        requests: all.length});
}, 300))"""


def slow(session: CDPSession) -> None:
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})


def visit(browser: Browser, house: Exhibition, path: str, visitor: str = "") -> dict[str, float]:
    context = open_context(browser, house.base_url, language=house.language, viewport={"width": 390, "height": 740})
    context.add_init_script(WATCH)
    if visitor:
        context.add_cookies([{"name": "decile", "value": house.cookie_of(visitor), "url": house.base_url}])
    page = context.new_page()
    slow(context.new_cdp_session(page))
    page.goto(path, wait_until="load")
    seen: dict[str, float] = page.evaluate(READ)
    context.close()
    return seen


def with_floor(app: Flask) -> Flask:
    app.add_url_rule(FLOOR, view_func=lambda: "<!doctype html><html lang=en><title>bare</title><h1>A bare page</h1>")
    return app


def reachable(house: Exhibition) -> list[Exhibit]:
    return [exhibit for exhibit in exhibits(house) if exhibit.act is None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=("en", "fr"), default="en")
    language = parser.parse_args().language
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        house = Exhibition(Path(directory), language)
        browser = launch(playwright)
        with serve(with_floor(house.app), house.port):
            floor = statistics.median(visit(browser, house, FLOOR)["paint"] for _ in range(5))
            rows = [
                (exhibit.name, visit(browser, house, exhibit.path, exhibit.visitor)) for exhibit in reachable(house)
            ]
        browser.close()
    print(f"{platform.processor() or platform.machine()}, {platform.platform()}, Python {platform.python_version()}")
    print(f"floor: a bare page paints after {floor:.0f} ms\n")
    print(f"{'page':26} {'paint ms':>9} {'floors':>7} {'shift':>7} {'kB':>6} {'script kB':>10} {'requests':>9}")
    for name, seen in sorted(rows, key=lambda row: -row[1]["paint"]):
        missed = [goal for goal, most in GOALS.items() if seen[goal] > most]
        print(
            f"{name:26} {seen['paint']:9.0f} {seen['paint'] / floor:7.1f} {seen['shift']:7.3f} "
            f"{seen['bytes'] / 1e3:6.1f} {seen['script'] / 1e3:10.1f} {seen['requests']:9.0f}"
            f"{'   misses ' + ', '.join(missed) if missed else ''}"
        )
    slowest = max(seen["paint"] for _, seen in rows)
    print(f"\n{len(rows)} pages; slowest paint {slowest:.0f} ms, goal {GOALS['paint']:.0f}")


if __name__ == "__main__":
    main()
