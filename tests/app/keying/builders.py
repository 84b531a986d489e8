"""A released bank with its panel, and judges who rate as told: everything through the use cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from sqlalchemy import select

from app.foundation.access import Actor, operator
from app.foundation.runtime import Runtime
from app.item_bank import queries as item_bank
from app.item_bank.queries import BankReleaseView
from app.item_bank.release_bank import release_bank
from app.keying import queries
from app.keying.declare_independence import declare_independence
from app.keying.invite_judges import invite_judges
from app.keying.locked import token_of
from app.keying.models import Seat
from app.keying.open_panel import open_panel
from app.keying.queries import PanelView
from app.keying.rate_scenario import rate_scenario
from app.keying.release_panel_key import release_panel_key
from app.keying.sign_key import sign_key
from tests.app.item_bank.bank_folders import ITEM_BANKS
from tests.app.norming.builders import people

JUDGES = 10
BANK = ITEM_BANKS / "collaboration" / "v2"
Opinion = Callable[[str, Sequence[int], np.random.Generator], Sequence[int]]


def of_one_mind(_code: str, key: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The author's key give or take one now and then; the ends stay apart."""
    return [int(np.clip(rating + rng.choice([-1, 0, 0, 0, 1]), 1, 6)) if 1 < rating < 6 else rating for rating in key]


def disputing(*disputed: str) -> Opinion:
    """Judges who halve on the first option of some scenarios, and agree on all else."""

    def opinion(code: str, key: Sequence[int], rng: np.random.Generator) -> list[int]:
        rated = list(key)
        if code in disputed:
            rated[0] = int(rng.choice([1, 6]))
        return rated

    return opinion


@dataclass
class Judging:
    """One panel and its judges."""

    runtime: Runtime
    editor: Actor
    approver: Actor
    release: BankReleaseView
    panel_id: UUID
    keys: dict[str, tuple[int, ...]]
    tokens: list[str] = field(default_factory=list)

    def invite(self, *addresses: str, actor: Actor | None = None) -> list[str]:
        """Links' tokens of those invited now, in their order."""
        with self.runtime.transaction() as session:
            invite_judges(
                self.panel_id,
                addresses,
                language="en",
                session=session,
                clock=self.runtime.clock,
                entropy=self.runtime.entropy,
                jobs=self.runtime.jobs,
                actor=actor or self.editor,
            )
        with self.runtime.reading() as session:
            seats = session.scalars(select(Seat).where(Seat.email.in_(addresses)).order_by(Seat.number))
            return [token_of(seat, links=self.runtime.links) for seat in seats]

    def declare(self, token: str) -> None:
        here = self.runtime
        with here.transaction() as session:
            declare_independence(token, session=session, clock=here.clock, links=here.links)

    def rate(self, token: str, code: str, values: Sequence[int | None]) -> None:
        here = self.runtime
        with here.transaction() as session:
            rate_scenario(token, code, values, session=session, clock=here.clock, links=here.links)

    def sign(self, token: str) -> None:
        here = self.runtime
        with here.transaction() as session:
            sign_key(token, session=session, clock=here.clock, links=here.links)

    def judge(self, count: int, opinion: Opinion = of_one_mind, *, first: int = 1) -> None:
        """Let `count` judges rate everything and sign."""
        for number in range(first, first + count):
            (token,) = self.invite(f"judge-{number}@example.org")
            rng = np.random.default_rng(number)
            here = self.runtime
            with here.transaction() as session:
                at = {"session": session, "clock": here.clock, "links": here.links}
                declare_independence(token, **at)
                for code, key in self.keys.items():
                    rate_scenario(token, code, opinion(code, key, rng), **at)
                sign_key(token, **at)

    def panel(self) -> PanelView:
        with self.runtime.reading() as session:
            return queries.panel(self.panel_id, session=session, at=self.runtime.clock.now())

    def clear(self, actor: Actor | None = None) -> BankReleaseView:
        here = self.runtime
        with here.transaction() as session:
            return release_panel_key(
                self.panel_id,
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor or self.approver,
            )


def a_panel(runtime: Runtime, *, simulated: bool = False) -> Judging:
    """The shipped bank of 30 scenarios with an open panel."""
    with runtime.transaction() as session:
        editor, approver = people(session, runtime.clock.now())
        release = release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
        panel_id = open_panel(
            release.id,
            simulated=simulated,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            actor=editor,
        )
        keys = {code: key.option_keys for code, key in item_bank.scenario_keys(release.id, session=session).items()}
    return Judging(runtime, editor, approver, release, panel_id, keys)
