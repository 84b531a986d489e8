"""who was erased is known by a keyed hash, so that a backup made before brings nobody back.

Revision ID: 2026_11_29_erased_people
Revises: 2026_11_29_person_skill
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_erased_people"
down_revision = "2026_11_29_person_skill"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever was erased before is in no list: their ids are gone."""
    op.create_table(
        "erased_person",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column(
            "certificates", sa.Enum("revoke", "keep", name="certificates", native_enum=False, length=32), nullable=False
        ),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_erased_person"),
    )
    op.create_index("ix_erased_person_erased_on", "erased_person", ["erased_on"])


def downgrade() -> None:
    """A restore with the former release brings everybody back."""
    op.drop_table("erased_person")
