"""Who plays in the demonstration: invented people, each with one kind of life. Every name ends in (demo)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.accounts.roles import Role
from app.accounts.rules import DEMO_DOMAIN

MARK = "(demo)"


class Ending(StrEnum):
    """How a sitting came out."""

    AWARDED = "awarded"
    NOT_AWARDED = "not-awarded"
    NEAR_MISS = "near-miss"  # below the line, and not by much
    HELD = "held"
    OPEN = "open"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Sat:
    """One sitting: when, with which true thetas, and how the part wants it to end."""

    days_ago: float
    judgement: float
    self_report: float
    ending: Ending
    answers: int | None = None  # of a sitting that is left or still open


@dataclass(frozen=True, slots=True)
class Part:
    """One person. `key` is the local part of the address."""

    key: str
    name: str
    life: str  # what this person shows, in a few words
    language: str = "en"
    roles: tuple[Role, ...] = ()
    sittings: tuple[Sat, ...] = ()
    shows_certificate: bool = True
    revoked_days_ago: float | None = None

    @property
    def email(self) -> str:
        """An address that no mail can reach."""
        return f"{self.key}@{DEMO_DOMAIN}"

    @property
    def display_name(self) -> str:
        """The name with the mark."""
        return f"{self.name} {MARK}"


def _top(days_ago: float, lift: float = 0.0) -> Sat:
    return Sat(days_ago, 2.2 + lift, 2.1 + lift, Ending.AWARDED)


def _below(days_ago: float, judgement: float, self_report: float) -> Sat:
    return Sat(days_ago, judgement, self_report, Ending.NOT_AWARDED)


EDITOR = Part("editor", "Edda Example", "norm editor", roles=(Role.NORM_EDITOR,))
APPROVER = Part("approver", "Arno Example", "norm approver", roles=(Role.NORM_APPROVER,))
RECRUITER = Part("recruiter", "Rita Example", "recruiter of a company", roles=(Role.RECRUITER,))
HOLDER = Part("iris", "Iris Example", "awarded", sittings=(_top(24.2, 0.3),))
NEAR_MISS = Part("mina", "Mina Example", "just below the line", sittings=(Sat(12.4, 1.0, 1.0, Ending.NEAR_MISS),))
NEWCOMER = Part("nova", "Nova Example", "has not taken anything yet")
BUSY = Part("otto", "Otto Example", "in mid-sitting", sittings=(Sat(1.2, 0.8, 0.6, Ending.OPEN, answers=6),))
REVOKED = Part("rufus", "Rufus Example", "revoked", sittings=(_top(121.3),), revoked_days_ago=20.4)

STAFF = (EDITOR, APPROVER)
CAST = (
    HOLDER,
    Part("hugo", "Hugo Exemple", "awarded, in French", language="fr", sittings=(_top(61.3),)),
    Part("nadia", "Nadia Example", "awarded, keeps it private", sittings=(_top(142.1),), shows_certificate=False),
    Part("tomas", "Tomas Example", "awarded", sittings=(_top(211.4, 0.2),)),
    Part("wanda", "Wanda Example", "expires soon", sittings=(_top(330.2),)),
    Part("oskar", "Oskar Example", "expired", sittings=(_top(396.3),)),
    REVOKED,
    NEAR_MISS,
    Part("paula", "Paula Example", "not awarded", sittings=(_below(33.2, 0.5, 0.7),)),
    Part("lucie", "Lucie Exemple", "not awarded, in French", language="fr", sittings=(_below(47.1, 0.0, 0.2),)),
    Part("bruno", "Bruno Example", "not awarded", sittings=(_below(88.3, -0.6, 0.1),)),
    Part("greta", "Greta Example", "not awarded", sittings=(_below(154.2, -1.3, -0.9),)),
    Part("karim", "Karim Example", "not awarded", sittings=(_below(260.4, 0.3, -0.4),)),
    Part("sami", "Sami Example", "uses a screen reader", sittings=(_below(21.4, 0.7, 0.5),)),
    Part("henri", "Henri Example", "held: a person looks", sittings=(Sat(6.3, 0.0, 3.2, Ending.HELD),)),
    Part("remy", "Remy Example", "retaker", sittings=(_below(96.2, 0.4, 0.6), _below(41.3, 0.9, 1.0))),
    BUSY,
    Part("lena", "Lena Example", "left early", sittings=(Sat(17.2, 0.2, 0.4, Ending.LEFT, answers=4),)),
    NEWCOMER,
    RECRUITER,
)
