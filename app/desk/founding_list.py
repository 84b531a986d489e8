"""The founding desk's checklist of one skill, as lines for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from app.desk.founding import Check, Step, checklist
from app.foundation.runtime import Runtime

WORDS = {
    Step.BANK: "item bank released",
    Step.JUDGES: "judges signed",
    Step.SCENARIOS: "scenarios agreed",
    Step.KEY: "key no longer provisional",
    Step.RESPONSES: "items with enough responses",
    Step.CALIBRATED: "calibrated",
    Step.PEOPLE: "people in the norm",
    Step.CUT: "standard error of the cut, in SD",
    Step.GATES: "norm may certify real people",
    Step.PUBLISHED: "norm published",
    Step.COMPARED: "founders compared, from first sittings",
    Step.ISSUER: "issuer is no trial issuer",
}


def lines(runtime: Runtime, skill: str, language: str = "en") -> Iterator[str]:
    """A heading, then one line for each step."""
    with runtime.reading() as session:
        found = checklist(skill, language, session=session, at=runtime.clock.now())
    label = found.release.label if found.release else "no bank"
    name, steps = found.skill.names[language], len(found.checks)
    yield f"Founding desk: {name} ({label}, {language}), {found.done} of {steps} steps"
    yield from (_line(check) for check in found.checks)


def _line(check: Check) -> str:
    figures = [f"{figure:.4g}" for figure in (check.have, check.need) if figure is not None]
    said = f" {' / '.join(figures)}" if figures else ""
    reasons = f" ({', '.join(check.reasons)})" if check.reasons else ""
    return f"  [{'x' if check.is_done else ' '}] {WORDS[check.step]}{said}{reasons}"
