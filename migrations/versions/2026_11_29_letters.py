"""the words of each message to a person stand on their own place too.

Revision ID: 2026_11_29_letters
Revises: 2026_11_29_erased_people
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_letters"
down_revision = "2026_11_29_erased_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was written before went out by mail alone."""
    op.create_table(
        "letter",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_letter_person_id_person"),
        sa.PrimaryKeyConstraint("key", name="pk_letter"),
    )
    op.create_index("ix_letter_person_id", "letter", ["person_id"])
    op.create_index("ix_letter_written_at", "letter", ["written_at"])


def downgrade() -> None:
    """The former release shows none."""
    op.drop_table("letter")
