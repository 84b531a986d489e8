"""keep with an edition whether decisions under its norm wait, so that it can be said before a start.

Revision ID: 2026_11_28_awards_wait
Revises: 2026_11_28_norm_recalibration
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_awards_wait"
down_revision = "2026_11_28_norm_recalibration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of editions that are there nothing is said, as before."""
    op.add_column("edition", sa.Column("awards_wait", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("edition", "awards_wait")
