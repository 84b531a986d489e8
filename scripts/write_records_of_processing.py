"""Write docs/privacy/records_of_processing.md anew, from the tables and the shipped policies.

python scripts/write_records_of_processing.py
"""

from __future__ import annotations

from pathlib import Path

from app.composition import POLICIES
from app.privacy.processing import records

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy" / "records_of_processing.md"

if __name__ == "__main__":
    PAGE.write_text(records({policy.policy_name: policy() for policy in POLICIES}), encoding="utf-8")
