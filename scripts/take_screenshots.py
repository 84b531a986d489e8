"""Take the pictures of the tutorials from a Decile of its own with the demonstration in it.

    python scripts/take_screenshots.py            # into docs/images; needs Debian's chromium

Everything shown is the labelled demonstration: invented people, specimens only.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
WIDE, PHONE = {"width": 900, "height": 640}, {"width": 390, "height": 720}
READY = "Or be somebody else"
PATIENCE_SECONDS = 300


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    """A Decile with its demonstration, and what it printed."""
    base_url = f"http://localhost:{port}"
    environment = {**os.environ, "DECILE_DATA": str(data), "DECILE_PORT": str(port), "DECILE_BASE_URL": base_url}
    said = data / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up"], cwd=ROOT, env=environment, stdout=output, text=True
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while READY not in said.read_text() or "approver" not in said.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"decile up did not get ready:\n{said.read_text()}")
        time.sleep(0.2)
    return process, said.read_text()


class Album:
    """Somebody at a browser, and where the pictures go."""

    def __init__(self, browser: Browser, base_url: str, printed: str) -> None:
        self.browser, self.base_url = browser, base_url
        self.links = dict(re.findall(r"^  (\w+) \S+ \(demo\).*?(http\S+token=\S+)$", printed, re.MULTILINE))
        self.first = dict(
            re.findall(r"^  (a demo certificate|the skill|the norm behind it)\s+(\S+)$", printed, re.MULTILINE)
        )

    def page(self, who: str | None = None, size: dict[str, int] = WIDE) -> Page:
        """A fresh browser, signed in as one of the cast or as nobody."""
        page = self.browser.new_context(viewport=size, device_scale_factor=1, locale="en").new_page()
        if who is not None:
            page.goto(self.links[who])
            page.locator("main button").first.click()
            page.wait_for_load_state()
        return page

    def shoot(self, page: Page, name: str, path: str | None = None, *, whole: bool = False) -> None:
        """Take one picture, of the page as it stands or of another."""
        if path is not None:
            page.goto(path if path.startswith("http") else self.base_url + path)
        page.screenshot(path=IMAGES / f"{name}.png", full_page=whole)
        print(name)


def take(album: Album) -> None:
    """Every picture the tutorials show."""
    anybody = album.page()
    album.shoot(anybody, "front", "/")
    album.shoot(anybody, "skill", album.first["the skill"])
    album.shoot(anybody, "norm", album.first["the norm behind it"], whole=True)
    album.shoot(anybody, "certificate", album.first["a demo certificate"], whole=True)
    album.shoot(anybody, "verify", "/verify")
    album.shoot(album.page(size=PHONE), "certificate-phone", album.first["a demo certificate"])
    newcomer = album.page("Nova")
    album.shoot(newcomer, "start", "/skills/collaboration/start", whole=True)
    for box in newcomer.locator("main input[type=checkbox][required]").all():
        box.check()
    newcomer.locator("main form button[type=submit]").last.click()
    newcomer.wait_for_load_state()
    album.shoot(newcomer, "item")
    holder = album.page("Iris")
    album.shoot(holder, "wallet", "/me")
    holder.locator("a[href^='/results/']").first.click()
    holder.wait_for_load_state()
    album.shoot(holder, "result-awarded", whole=True)
    near = album.page("Mina")
    album.shoot(near, "result-near-miss", whole=True)


def main() -> None:
    """Start, photograph, stop."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        port = free_port()
        process, printed = start(Path(directory), port)
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            take(Album(browser, f"http://localhost:{port}", printed))
            browser.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


if __name__ == "__main__":
    main()
