"""a calibration may extend another: further items on the same scale.

Revision ID: 2026_11_30_extended_calibrations
Revises: 2026_11_30_untold_scores
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_extended_calibrations"
down_revision = "2026_11_30_untold_scores"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every calibration so far set a scale of its own. Calibrations are never deleted, so no key need guard the column.

    To give it one, SQLite would make the table anew, and the triggers that keep calibrations as they are would go.
    """
    op.add_column("calibration", sa.Column("extends_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """The former release reads an extended calibration as one of its own scale."""
    op.drop_column("calibration", "extends_id")
