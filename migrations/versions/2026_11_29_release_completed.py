"""the latest completed sittings of a release are found without reading all of them.

Revision ID: 2026_11_29_release_completed
Revises: 2026_11_28_account_merges
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_release_completed"
down_revision = "2026_11_28_account_merges"
branch_labels = None
depends_on = None

COMPLETED = sa.text("completed_at IS NOT NULL")


def upgrade() -> None:
    """Index completed sittings by release, which leaves the beginning of a sitting as it was."""
    op.create_index(
        "ix_sitting_release_completed",
        "sitting",
        ["release_id", "completed_at"],
        sqlite_where=COMPLETED,
        postgresql_where=COMPLETED,
    )


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_sitting_release_completed", "sitting")
