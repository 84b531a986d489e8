"""keep decisions to read finished sittings without a faulty item, and what each sitting then says.

Revision ID: 2026_11_28_rescorings
Revises: 2026_11_28_awards_wait
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_rescorings"
down_revision = "2026_11_28_awards_wait"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables, empty."""
    op.create_table(
        "sitting_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("rescoring_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("without", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_correction_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting_correction")),
        sa.UniqueConstraint("rescoring_id", "sitting_id", name=op.f("uq_sitting_correction_rescoring_id")),
    )
    op.create_index("ix_sitting_correction_of", "sitting_correction", ["sitting_id"])
    op.create_table(
        "item_rescoring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("undo_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("applied_by <> asked_by", name=op.f("ck_item_rescoring_two_people")),
        sa.CheckConstraint(
            "undone_at IS NULL OR applied_at IS NOT NULL", name=op.f("ck_item_rescoring_applied_before_undone")
        ),
        sa.CheckConstraint("undone_at IS NULL OR settled_at IS NULL", name=op.f("ck_item_rescoring_undone_or_settled")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_item_rescoring_asked_by_person")),
        sa.ForeignKeyConstraint(["applied_by"], ["person.id"], name=op.f("fk_item_rescoring_applied_by_person")),
        sa.ForeignKeyConstraint(["undone_by"], ["person.id"], name=op.f("fk_item_rescoring_undone_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_rescoring")),
    )
    op.create_index("ix_item_rescoring_item", "item_rescoring", ["item_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("item_rescoring")
    op.drop_table("sitting_correction")
