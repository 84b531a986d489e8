"""Use case: bring the public description of the skills up to date with skills.yaml and each development.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.item_bank.bank_files import read_skills
from app.item_bank.bank_texts import Entries
from app.item_bank.development_files import read_development
from app.item_bank.findings import DEVELOPMENT
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
        skill.situations = entry["situations"]
        skill.development = _development(path.parent / entry["slug"] / DEVELOPMENT, entry)
        skill.lifecomp = entry["lifecomp"]
        skill.lifecomp_version = described["lifecomp_version"]
        skill.esco = entry["esco"]
        skill.esco_version = described["esco_version"]
        session.add(skill)
    session.flush()


def _development(file: Path, entry: dict[str, Any]) -> Entries:
    return read_development(file, [facet["slug"] for facet in entry["facets"]]) if file.exists() else []
