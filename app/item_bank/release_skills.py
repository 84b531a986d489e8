"""Use case: bring the public description of the skills up to date with skills.yaml."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from app.item_bank.bank_files import read_skills
from app.item_bank.models import Skill


def release_skills(path: Path, *, session: Session) -> None:
    """Describe every skill of the file; doing it again changes nothing. Skills without a bank are described too."""
    described = read_skills(path)
    for position, entry in enumerate(described["skills"]):
        skill = session.get(Skill, entry["slug"]) or Skill(slug=entry["slug"], is_trial=False)
        skill.position = position
        skill.names = entry["name"]
        skill.definitions = entry["definition"]
        skill.is_not = entry["is_not"]
        skill.facets = entry["facets"]
        skill.esco = entry["esco"]
        skill.esco_version = described["esco_version"]
        session.add(skill)
    session.flush()
