"""a calibration that sets a scale keeps how strongly the two kinds of evidence go together.

Revision ID: 2026_11_30_kinds_correlation
Revises: 2026_11_30_extended_calibrations
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_kinds_correlation"
down_revision = "2026_11_30_extended_calibrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Scales set before go on with the value of the policy, under which their norms were computed."""
    op.add_column("calibration_run", sa.Column("kinds_correlation", sa.JSON(), nullable=True))


def downgrade() -> None:
    """The former release reads norms by what they pin, and makes new ones by the policy's value."""
    op.drop_column("calibration_run", "kinds_correlation")
