"""keep the chances by which items rest, with the run that found them, the edition and what a sitting drew.

Revision ID: 2026_11_28_exposure
Revises: 2026_11_28_stray_shares
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_exposure"
down_revision = "2026_11_28_stray_shares"
branch_labels = None
depends_on = None

TABLES = ("calibration_run", "edition", "sitting")


def upgrade() -> None:
    """Add the columns; what exists rests nothing and goes on as it began."""
    for table in TABLES:
        op.add_column(table, sa.Column("exposure", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them again."""
    for table in reversed(TABLES):
        op.drop_column(table, "exposure")
