"""a person's credentials of a skill, and the acts on a few subjects, are found without reading all of their kind.

Revision ID: 2026_11_29_person_skill
Revises: 2026_11_29_release_completed
"""

from alembic import op

revision = "2026_11_29_person_skill"
down_revision = "2026_11_29_release_completed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index of both, which serves the first alone as well: of two, SQLite took the one that tells less apart."""
    op.create_index("ix_credential_person_skill", "credential", ["person_id", "skill"])
    op.drop_index("ix_credential_person_id", "credential")
    op.drop_index("ix_credential_skill", "credential")
    op.create_index("ix_audit_entry_subject_kind", "audit_entry", ["subject", "kind"])
    op.drop_index("ix_audit_entry_subject", "audit_entry")


def downgrade() -> None:
    """The two that each stands for."""
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"])
    op.drop_index("ix_audit_entry_subject_kind", "audit_entry")
    op.create_index("ix_credential_skill", "credential", ["skill"])
    op.create_index("ix_credential_person_id", "credential", ["person_id"])
    op.drop_index("ix_credential_person_skill", "credential")
