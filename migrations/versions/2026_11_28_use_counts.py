"""count every night how often items are shown, and find the latest answers to one without reading all of them.

Revision ID: 2026_11_28_use_counts
Revises: 2026_11_28_sitting_likeness
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_use_counts"
down_revision = "2026_11_28_sitting_likeness"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, empty: the first night counts everything. The index keeps its name and gets a column."""
    op.create_table(
        "use_count",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "language", name=op.f("pk_use_count")),
    )
    op.drop_index("ix_presentation_item", table_name="presentation")
    op.create_index("ix_presentation_item", "presentation", ["item_id", "presented_at"])
    op.create_index("ix_sitting_release_started", "sitting", ["release_id", "language", "started_at"])
    op.create_index("ix_sitting_norm_completed", "sitting", ["norm_id", "completed_at"])
    decided = sa.text("verdict IS NOT NULL")
    op.create_index(
        "ix_sitting_check_decided", "sitting_check", ["decided_at"], sqlite_where=decided, postgresql_where=decided
    )


def downgrade() -> None:
    """What was counted can be counted again."""
    op.drop_index("ix_sitting_check_decided", table_name="sitting_check")
    op.drop_index("ix_sitting_norm_completed", table_name="sitting")
    op.drop_index("ix_sitting_release_started", table_name="sitting")
    op.drop_index("ix_presentation_item", table_name="presentation")
    op.create_index("ix_presentation_item", "presentation", ["item_id"])
    op.drop_table("use_count")
