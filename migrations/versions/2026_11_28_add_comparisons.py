"""add comparisons of founding sittings with later ones, and say which samples are of founders.

Revision ID: 2026_11_28_add_comparisons
Revises: 2026_11_28_add_founding_forms
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_comparisons"
down_revision = "2026_11_28_add_founding_forms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; no sample so far is of founders."""
    op.add_column("legacy_sample", sa.Column("is_founding", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "sitting_comparison",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("norm_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("shift", "standard_error", "low", "high", "bound")),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["norm_id"], ["norm_version.id"], name=op.f("fk_sitting_comparison_norm_id_norm_version")
        ),
        sa.ForeignKeyConstraint(["compared_by"], ["person.id"], name=op.f("fk_sitting_comparison_compared_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting_comparison")),
    )
    op.create_index(op.f("ix_sitting_comparison_norm_id"), "sitting_comparison", ["norm_id"], unique=False)


def downgrade() -> None:
    """Drop them; decisions that waited can be made under the former release."""
    op.drop_index(op.f("ix_sitting_comparison_norm_id"), table_name="sitting_comparison")
    op.drop_table("sitting_comparison")
    op.drop_column("legacy_sample", "is_founding")
