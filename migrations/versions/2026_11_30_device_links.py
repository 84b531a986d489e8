"""a link for another device knows the sign-in that made it, and what comes of it is as old as that one.

Revision ID: 2026_11_30_device_links
Revises: 2026_11_30_one_published_norm
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_device_links"
down_revision = "2026_11_30_one_published_norm"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Links made before, of which none lives longer than minutes, go on as mailed ones do."""
    op.add_column("sign_in_request", sa.Column("browser_session_id", sa.Uuid(), nullable=True))
    op.add_column("browser_session", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """A sign-in counts from its opening again."""
    op.drop_column("browser_session", "proven_at")
    op.drop_column("sign_in_request", "browser_session_id")
