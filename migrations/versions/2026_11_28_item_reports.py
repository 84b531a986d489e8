"""keep the problems that candidates report of items, and what came of them.

Revision ID: 2026_11_28_item_reports
Revises: 2026_11_28_sitting_checks
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_item_reports"
down_revision = "2026_11_28_sitting_checks"
branch_labels = None
depends_on = None

PROBLEMS = ("unclear", "error", "does-not-fit", "unfair", "display", "other")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "item_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("problem", sa.Enum(*PROBLEMS, name="problem", native_enum=False, length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "verdict", sa.Enum("kept", "suspended", name="reportverdict", native_enum=False, length=32), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["judged_by"], ["person.id"], name=op.f("fk_item_report_judged_by_person")),
        sa.ForeignKeyConstraint(
            ["sitting_id", "position"],
            ["presentation.sitting_id", "presentation.position"],
            name=op.f("fk_item_report_sitting_id_presentation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_report")),
        sa.UniqueConstraint("sitting_id", "position", name=op.f("uq_item_report_sitting_id")),
    )
    op.create_index("ix_item_report_item", "item_report", ["item_id"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("item_report")
