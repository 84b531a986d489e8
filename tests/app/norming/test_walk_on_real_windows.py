"""The norm desk on real answers: people of one country set the scale, those of all others recalibrate the norm.

BIG5 has no days, so its countries stand for two windows. Nobody's answers are kept here; `DECILE_TEST_PICTURES` names
a folder for pictures of the pages, which show sums alone.
"""

from __future__ import annotations

import gzip
import os
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from app.accounts.grant_role import grant_role
from app.foundation.access import operator
from app.norming import queries, recalibrations
from app.norming.recalibrate import recalibrate
from app.norming.sample_commands import responses
from tests.app.norming.builders import APPROVER_ID, EDITOR_ID, people
from tests.app.norming.desk import press
from tests.app.norming.test_real_sample import MAPPING, SKILL
from tests.browser.chromium import launch, open_context
from tests.browser.exhibition import serve
from tests.conftest import shared_file
from tests.journeys.installation import free_port

pytestmark = [pytest.mark.long, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
DESK = f"/desk/norms/recalibrate/{SKILL}"
FIRST = "US"


def window_of(directory: Path, name: str, countries) -> None:
    """Bring in the respondents of some countries, as an operator does."""
    source = gzip.decompress(shared_file("data/openpsy_big5.csv.gz").read_bytes()).decode("latin-1").splitlines()
    place = source[0].split("\t").index("country")
    kept = [line for line in source[1:] if countries(line.split("\t")[place])]
    (directory / f"{name}.csv").write_text("\n".join([source[0], *kept]) + "\n", encoding="utf-8")
    mapping = {**MAPPING, "groups": {"gender": "gender"}, "collected": {"from": "2014-01-01", "to": "2014-05-18"}}
    (directory / f"{name}.mapping.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")


def brought_in(runtime, directory, name):
    arguments = ["import", str(directory / f"{name}.csv"), "--skill", SKILL, "--population", "Adults online"]
    done = CliRunner().invoke(responses, arguments, obj=runtime, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    runtime.clock.advance(timedelta(seconds=1))


def recalibrated(runtime, browser):
    """Begin on the desk, let the worker do it; the recalibration, its page and the card of the norm it drafted."""
    begun = press(browser, DESK, f"/recalibrate/{SKILL}").request.path
    recalibration_id = UUID(begun.rpartition("/")[2])
    recalibrate(recalibration_id, database=runtime.database, clock=runtime.clock, entropy=runtime.entropy)
    with runtime.reading() as session:
        found = recalibrations.recalibration(recalibration_id, session=session)
    assert found.progress == "done", found.reason_text
    return found, begun, re.search(r'class="button" href="([^"]+)"', browser.get(begun).text)[1]


def put_in_force(runtime, browser_of, card):
    """Approved by the other person, scheduled, and published when its hour has come."""
    assert "is approved" in press(browser_of(APPROVER_ID), card, "/approve").text
    assert "is scheduled" in press(browser_of(EDITOR_ID), card, "/schedule").text
    runtime.clock.advance(timedelta(hours=24))
    assert "is published" in press(browser_of(EDITOR_ID), card, "/publish").text


def pictured(app, browser, **pages: str) -> None:
    """Pictures of pages as the browser's person sees them, where a folder is named for them."""
    folder = os.environ.get("DECILE_TEST_PICTURES")
    if not folder:
        return
    port = free_port()
    cookie = {"name": "decile", "value": browser.get_cookie("decile").value, "url": f"http://localhost:{port}"}
    with serve(app, port), sync_playwright() as playwright:
        chromium = launch(playwright)
        context = open_context(chromium, cookie["url"], viewport={"width": 800, "height": 1000})
        context.add_cookies([cookie])
        page = context.new_page()
        for name, path in pages.items():
            page.goto(path)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        chromium.close()


def test_two_windows_of_real_answers_go_through_the_desk(runtime, app, browser_of, tmp_path):
    window_of(tmp_path, "first", lambda country: country == FIRST)
    window_of(tmp_path, "second", lambda country: country != FIRST)
    with runtime.transaction() as session:
        people(session, runtime.clock.now())
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=runtime.clock, actor=operator())
    brought_in(runtime, tmp_path, "first")
    setting, _, card = recalibrated(runtime, browser_of(EDITOR_ID))
    put_in_force(runtime, browser_of, card)

    brought_in(runtime, tmp_path, "second")
    found, page, card = recalibrated(runtime, browser_of(EDITOR_ID))
    with runtime.reading() as session:
        former, norm = (queries.norm(one, session=session) for one in (setting.norm, found.norm))
    assert (former.n, norm.n) == (6_800, 8_861)
    assert former.calibration_id == norm.calibration_id  # the base scale stays
    link = found.found["link"]["links"]["self_report"]
    drift = {row["item"]: row for row in found.found["drift"]["items"]}
    assert len(drift) == 10
    assert link["anchors"] >= 7
    assert 0.8 < link["slope"] < 1.25
    seen = norm.preview
    assert (seen["former"]["cut"], seen["cut"]) == (former.cut, norm.cut)
    assert abs(norm.cut - former.cut) < 0.3
    assert abs((norm.cut - former.cut) - (link["intercept"] + (link["slope"] - 1) * former.cut)) < 0.1
    preview = browser_of(EDITOR_ID).get(f"{card}/preview").text
    for shown in ("The line moves from", "Above the line, by gender", *drift):
        assert shown in preview
    pictured(app, browser_of(EDITOR_ID), recalibration=f"{page}?still=1", card=card, preview=f"{card}/preview")
    put_in_force(runtime, browser_of, card)
    with runtime.reading() as session:
        states = [queries.norm(one, session=session).state for one in (setting.norm, found.norm)]
    assert states == ["superseded", "published"]
    print(f"\ncut {former.cut:.4f} ± {former.cut_standard_error:.4f} to {norm.cut:.4f} ± {norm.cut_standard_error:.4f}")
    print(f"above: {seen['former']['share_above']:.4f} to {seen['share_above']:.4f} of {seen['people']}; link {link}")
    for row in drift.values():
        print(f"  {row['item']:4} slope {row['slope_drift']:+.3f} location {row['location_drift']:+.3f}", end=" ")
        print(f"z {row['robust_z']:.1f} {'drifted' if row['has_drifted'] else ''}")
    print(f"gates {seen['gates']}; largest influence {seen['sensitivity']['largest']:.4f}; DIF {seen['dif']}")
