"""What every scene of a founding run needs: the real things, a clock moved by hand, and somewhere to say what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.note_founder_told import note_founder_told
from app.assessment.open_pilot import open_pilot
from app.awarding.open_awards import open_awards
from app.demo.cast import Part
from app.demo.past import JobsOfThePast, PastClock, RepeatableEntropy, Tools
from app.demo.staff import acting
from app.demo.stage import Stage
from app.foundation.access import Actor
from app.foundation.entropy import Entropy
from app.foundation.jobs import JSON
from app.foundation.links import Links
from app.foundation.mail import Mailer, Message
from app.keying.send_judge_invitation import send_judge_invitation
from app.norming.tell_founder import tell_founder

LANGUAGE = "en"
T = TypeVar("T")


@dataclass
class ReadMailer:
    """Spools every message, and lets simulated people read what they were sent."""

    spool: Mailer
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Spool and remember it."""
        self.spool.send(message)
        self.sent.append(message)

    def forget(self, address: str) -> None:
        """Drop what went to the address."""
        self.spool.forget(address)
        self.sent = [message for message in self.sent if message.to != address]

    def forget_keyed(self, beginning: str) -> None:
        """Drop what goes by such a key."""
        self.spool.forget_keyed(beginning)
        self.sent = [message for message in self.sent if not message.key.startswith(beginning)]

    def reach(self) -> None:
        """A spool is always there."""

    def latest_to(self, address: str) -> Message:
        """What this person would open first."""
        return next(message for message in reversed(self.sent) if message.to == address)


@dataclass
class FoundingJobs(JobsOfThePast):
    """The jobs of a founding phase, beside those of any sitting."""

    links: Links = field(kw_only=True)
    mailer: Mailer = field(kw_only=True)

    def do(self, name: str, arguments: Mapping[str, JSON], tools: Tools) -> None:
        """Call the use case behind one job."""
        session, clock, base_url = tools.session, tools.clock, tools.base_url
        match name, arguments:
            case "open_pilot", {"release_id": str(release)}:
                open_pilot(UUID(release), session=session, clock=clock)
            case "send_judge_invitation", {"seat_id": str(seat)}:
                send_judge_invitation(
                    UUID(seat), base_url=base_url, session=session, clock=clock, links=self.links, mailer=self.mailer
                )
            case "tell_founder", {"person_id": str(person), "skill": str(skill)}:
                tell_founder(UUID(person), skill, base_url=base_url, session=session, clock=clock, mailer=self.mailer)
                note_founder_told(UUID(person), skill, session=session, clock=clock)
            case "open_awards", {"norm_id": str(norm)}:
                open_awards(UUID(norm), session=session, jobs=self)
            case _:
                super().do(name, arguments, tools)


@dataclass
class FoundingRun:
    """One run. `said` takes each line of the log; `progress` hears how far a long scene is."""

    stage: Stage
    seed: int
    clock: PastClock
    mailer: ReadMailer
    jobs: FoundingJobs
    secrets: Mapping[str, str]
    said: Callable[[str], None]
    progress: Callable[[str, int, int], None]

    @property
    def skill(self) -> str:
        """The skill that is founded."""
        return self.stage.skill

    def log(self, line: str) -> None:
        """One line under the day on which the scene plays."""
        self.said(f"{self.clock.now():%Y-%m-%d}  {line}")

    def on_day(self, day: float, began: datetime) -> None:
        """Move to that many days after the beginning; time never goes back."""
        self.clock.instant = max(self.clock.instant, began + timedelta(days=day))

    def admin(self, part: Part) -> Actor:
        """One of the two norm admins, proven by their second factor just now."""
        return acting(part, self.secrets, stage=self.stage, clock=self.clock)

    def act(self, use_case: Callable[[Session], T], *, chance: tuple[int, ...] = ()) -> T:
        """A use case in a transaction, and the jobs it asked for, as a worker would carry them out."""
        with self.stage.runtime.transaction() as session:
            done = use_case(session)
            self.carry_out(session, RepeatableEntropy(self.stage.runtime.entropy, self.seed, *chance))
        return done

    def carry_out(self, session: Session, entropy: Entropy) -> None:
        """Every job that waits, and those behind them."""
        self.jobs.carry_out(
            Tools(
                session=session,
                clock=self.clock,
                entropy=entropy,
                signer=self.stage.present_signer,
                jwt_signer=self.stage.runtime.jwt_signer,
                base_url=self.stage.runtime.settings.base_url,
            )
        )
