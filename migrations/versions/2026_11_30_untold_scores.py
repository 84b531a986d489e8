"""scores of erased people stay counted until the public log has told their month.

Revision ID: 2026_11_30_untold_scores
Revises: 2026_11_30_device_links
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_untold_scores"
down_revision = "2026_11_30_device_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: of people who were erased before nothing is known any more."""
    op.create_table(
        "untold_scores",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("norm_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("above", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["norm_id"], ["norm_version.id"], name="fk_untold_scores_norm_id_norm_version"),
        sa.PrimaryKeyConstraint("skill", "norm_id", "month", name="pk_untold_scores"),
    )


def downgrade() -> None:
    """The former release counts whoever is left."""
    op.drop_table("untold_scores")
