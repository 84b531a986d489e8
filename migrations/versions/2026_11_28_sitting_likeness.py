"""keep which sittings are more alike than chance makes them, and that a person was called because of it.

Revision ID: 2026_11_28_sitting_likeness
Revises: 2026_11_28_certificate_reviews
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_sitting_likeness"
down_revision = "2026_11_28_certificate_reviews"
branch_labels = None
depends_on = None

CALLED = "(tier = 3 OR called_at IS NOT NULL) AND verdict IS NULL"
THIRD_TIER = "tier = 3 AND verdict IS NULL"


def upgrade() -> None:
    """Create the table, empty; sittings checked before stay as they are."""
    op.add_column("sitting_check", sa.Column("called_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_sitting_check_waiting", "sitting_check")
    _index("ix_sitting_check_called", CALLED)
    op.create_table(
        "sitting_likeness",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("common", sa.Integer(), nullable=False),
        sa.Column("equal", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("z", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_likeness_sitting_id_sitting")),
        sa.ForeignKeyConstraint(["other_id"], ["sitting.id"], name=op.f("fk_sitting_likeness_other_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", "other_id", name=op.f("pk_sitting_likeness")),
    )
    op.create_index("ix_sitting_likeness_other", "sitting_likeness", ["other_id"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("sitting_likeness")
    op.drop_index("ix_sitting_check_called", "sitting_check")
    op.drop_column("sitting_check", "called_at")
    _index("ix_sitting_check_waiting", THIRD_TIER)


def _index(name: str, where: str) -> None:
    op.create_index(name, "sitting_check", ["checked_at"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
