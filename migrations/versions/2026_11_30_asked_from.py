"""a sign-in that is asked for says in whose share of the mails to its mailbox it was counted.

Revision ID: 2026_11_30_asked_from
Revises: 2026_11_30_reported_steps
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_asked_from"
down_revision = "2026_11_30_reported_steps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was asked before counts for the mailbox as a whole, for the hour that it counts at all."""
    op.add_column("sign_in_request", sa.Column("asked_from", sa.String(), nullable=True))


def downgrade() -> None:
    """Nobody has a share of their own any more."""
    op.drop_column("sign_in_request", "asked_from")
