"""Simulated judges key a bank as invited ones do: by the link in their mail, one situation per page, then they sign.

Their opinion is stated, not measured: each option has an effectiveness near its author's key, and each judge sees it
with an error of their own. Where the author was wrong, or two actions are close, they disagree, and the situation
goes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.accounts.rules import DEMO_DOMAIN
from app.demo.cast import APPROVER, EDITOR
from app.demo.founding.run import LANGUAGE, FoundingRun
from app.demo.founding.trial import loosen
from app.foundation import policies
from app.item_bank import queries as item_bank
from app.item_bank.queries import BankReleaseView
from app.keying import queries as keying
from app.keying.declare_independence import declare_independence
from app.keying.invite_judges import invite_judges
from app.keying.locked import seat_of
from app.keying.open_panel import open_panel
from app.keying.policy import KeyingPolicy
from app.keying.queries import PanelView
from app.keying.rate_scenario import rate_scenario
from app.keying.release_panel_key import release_panel_key
from app.keying.rules import HIGHEST, LOWEST
from app.keying.sign_key import sign_key

JUDGES = 12  # two more than the policy asks for
AUTHOR_ERROR, JUDGE_ERROR = 0.25, 0.35  # standard deviations on the 6-point scale
LINK = re.compile(r"/judge/([^?\s]+)")


def key_by_panel(run: FoundingRun) -> BankReleaseView:
    """The release under the panel's key. Simulated judges leave it the provisional mark."""
    editor, runtime = run.admin(EDITOR), run.stage.runtime
    addresses = tuple(f"judge-{number}@{DEMO_DOMAIN}" for number in range(1, JUDGES + 1))

    def opened(session: Session) -> tuple[UUID, UUID]:
        release = item_bank.latest_release(run.skill, session=session)
        panel_id = open_panel(
            release.id, simulated=True, session=session, clock=run.clock, entropy=runtime.entropy, actor=editor
        )
        invite_judges(
            panel_id, addresses, language=LANGUAGE, session=session, clock=run.clock, entropy=runtime.entropy,
            jobs=run.jobs, actor=editor,
        )  # fmt: skip
        return release.id, panel_id

    release_id, panel_id = run.act(opened)
    run.log(f"{EDITOR.display_name} opens a panel of simulated judges and invites {JUDGES} by mail.")
    believed = _beliefs(release_id, run)
    for number, address in enumerate(addresses):
        run.clock.wait(hours=20)
        run.progress("Judges", number, JUDGES)
        token = LINK.search(run.mailer.latest_to(address).text)
        if token is None:
            raise LookupError(f"the invitation of {address} holds no link")
        run.act(_judging(token[1], believed, number, run))
    panel = _agreed_or_loosened(panel_id, run)
    run.clock.wait(days=1)
    approver = run.admin(APPROVER)
    keyed = run.act(
        lambda session: release_panel_key(
            panel_id, session=session, clock=run.clock, entropy=runtime.entropy, jobs=run.jobs, actor=approver
        )
    )
    disputed = sorted({reason for found in panel.disputed.values() for reason in found.reasons})
    run.log(
        f"{panel.signed} judges rated {panel.scenarios} scenarios; {panel.agreed} are agreed, "
        f"{len(panel.disputed)} go back to the author ({', '.join(disputed) or 'none'})."
    )
    mark = "still provisional, for the judges are simulated" if keyed.provisional_key else "no longer provisional"
    run.log(f"{APPROVER.display_name} releases the key as {keyed.label}: {mark}.")
    return keyed


def _beliefs(release_id: UUID, run: FoundingRun) -> dict[str, NDArray[np.float64]]:
    """How effective each option is held to be, by scenario."""
    with run.stage.runtime.reading() as session:
        keys = item_bank.scenario_keys(release_id, session=session)
    rng = np.random.default_rng([run.seed, len(keys)])
    return {
        code: np.asarray(key.option_keys) + AUTHOR_ERROR * rng.standard_normal(len(key.option_keys))
        for code, key in sorted(keys.items())
    }


def _judging(
    token: str, believed: dict[str, NDArray[np.float64]], number: int, run: FoundingRun
) -> Callable[[Session], None]:
    """One judge from their word to their signature. What they make of a scenario does not hang on their own order.

    That order is drawn by chance nobody repeats; their opinions must come out again.
    """
    links = run.stage.runtime.links

    def judging(session: Session) -> None:
        declare_independence(token, session=session, clock=run.clock, links=links)
        seat = seat_of(token, session=session, clock=run.clock, links=links)
        place: int | None = 1
        while place is not None:
            item = keying.judge_page(seat, LANGUAGE, place, session=session).item
            if item is None:
                break
            rng = np.random.default_rng([run.seed, number, *item.code.encode()])
            seen = believed[item.code] + JUDGE_ERROR * rng.standard_normal(len(believed[item.code]))
            ratings = np.clip(np.rint(seen), LOWEST, HIGHEST).astype(int).tolist()
            rate_scenario(token, item.code, ratings, session=session, clock=run.clock, links=links)
            run.clock.wait(seconds=50)
            place = keying.judge_page(seat, LANGUAGE, None, session=session).first_unrated
        sign_key(token, session=session, clock=run.clock, links=links)

    return judging


def _agreed_or_loosened(panel_id: UUID, run: FoundingRun) -> PanelView:
    """The panel; where the bank is too small for the shipped number of scenarios, the trial issuer asks for fewer."""

    def looked(session: Session) -> tuple[PanelView, tuple[str, ...]]:
        now = run.clock.now()
        panel = keying.panel(panel_id, session=session, at=now)
        policy = policies.current(KeyingPolicy, session=session, at=now)
        if panel.agreed >= policy.fewest_scenarios:
            return panel, ()
        return panel, loosen(KeyingPolicy, session=session, at=now, fewest_scenarios=panel.agreed)

    panel, loosened = run.act(looked)
    for line in loosened:
        run.log(f"Gate: {line}")
    return panel
