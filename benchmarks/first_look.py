"""What a phone on a slow line waits for: the largest thing of a page, and how much it had to fetch.

    python -m benchmarks.first_look [--times 5]

Chromium with an empty cache, 1.6 Mbit/s, 150 ms there and back, a processor four times slower than this one. Goals: the
largest thing is drawn within 1.5 s, nothing moves by more than .05, at most 200 kB, 80 kB of scripts and 20 requests.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from app.foundation.logs import configure_logs
from tests.browser.audit import LAYOUT_SHIFT, WEIGHT
from tests.browser.chromium import launch, open_context
from tests.browser.exhibition import Exhibit, Exhibition, serve
from tests.browser.exhibits import exhibits

PAGES = {
    "front",
    "skill",
    "norm",
    "verify",
    "sign-in",
    "statement",
    "scenario",
    "result-awarded",
    "result-not-awarded",
    "own-place",
    "own-certificate",
    "verdict-valid",
    "help-certificate",
    "norm-preview",
}
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER = 4
LARGEST = """() => new Promise((resolve) => {
  let at = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { at = entry.startTime; }))
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => resolve(at), 300);
})"""
REQUESTS = "() => 1 + performance.getEntriesByType('resource').length"


def looked_at(browser: Browser, house: Exhibition, exhibit: Exhibit) -> tuple[float, float, int, int, int]:
    """Milliseconds to the largest thing, shift, bytes, bytes of scripts and requests, with nothing kept from before."""
    context = open_context(browser, house.base_url, viewport={"width": 360, "height": 640}, is_mobile=True)
    if exhibit.visitor:
        context.add_cookies([{"name": "decile", "value": house.cookie_of(exhibit.visitor), "url": house.base_url}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", LINE)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(exhibit.path, wait_until="load")
    largest, shift = page.evaluate(LARGEST), page.evaluate(LAYOUT_SHIFT)
    everything, scripts = page.evaluate(WEIGHT)
    requests = page.evaluate(REQUESTS)
    context.close()
    return largest, shift, everything, scripts, requests


def measure(times: int) -> None:
    configure_logs(logging.WARNING)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; milliseconds: median and longest of {times}")
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        house, browser = Exhibition(Path(directory), "en"), launch(playwright)
        with serve(house.app, house.port):
            for exhibit in exhibits(house):
                if exhibit.name in PAGES and exhibit.act is None:
                    seen = np.array([looked_at(browser, house, exhibit) for _ in range(times)])
                    largest, (shift, everything, scripts, requests) = seen[:, 0], seen[:, 1:].max(axis=0)
                    print(
                        f"{exhibit.name:<24} {np.median(largest):5.0f} {largest.max():5.0f} ms, moves by {shift:.3f}, "
                        f"{everything / 1000:4.0f} kB, scripts {scripts / 1000:3.0f} kB, {requests:.0f} requests",
                        flush=True,
                    )
        browser.close()
        house.runtime.database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    measure(parser.parse_args().times)


if __name__ == "__main__":
    main()
