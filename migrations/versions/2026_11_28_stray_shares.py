"""keep the stray shares that a calibration run estimates.

Revision ID: 2026_11_28_stray_shares
Revises: 2026_11_28_add_jwts
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_stray_shares"
down_revision = "2026_11_28_add_jwts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; runs that exist have none, and their norms stay as they are."""
    op.add_column("calibration_run", sa.Column("stray_shares", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("calibration_run", "stray_shares")
