"""keep what the indices say of a sitting, what a person said of it, and adjustments asked for.

Revision ID: 2026_11_28_sitting_checks
Revises: 2026_11_28_expiry_reminders
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_sitting_checks"
down_revision = "2026_11_28_expiry_reminders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; sittings that ended before are not looked at."""
    op.add_column("sitting", sa.Column("adjustments", sa.JSON(), nullable=True))
    op.create_table(
        "sitting_check",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reasons", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_sitting_check_decided_by_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_check_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_sitting_check")),
    )
    op.create_index(
        "ix_sitting_check_waiting",
        "sitting_check",
        ["checked_at"],
        sqlite_where=sa.text("tier = 3 AND verdict IS NULL"),
        postgresql_where=sa.text("tier = 3 AND verdict IS NULL"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("sitting_check")
    op.drop_column("sitting", "adjustments")
