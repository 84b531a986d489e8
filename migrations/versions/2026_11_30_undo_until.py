"""a correction of a finished sitting says until when it can be undone.

Revision ID: 2026_11_30_undo_until
Revises: 2026_11_30_kept_forms
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_undo_until"
down_revision = "2026_11_30_kept_forms"
branch_labels = None
depends_on = None

AS_DECIDED = """
    UPDATE sitting_correction SET undo_until_at = (
        SELECT item_rescoring.undo_until_at FROM item_rescoring
        WHERE item_rescoring.id = sitting_correction.rescoring_id
    )
"""


def upgrade() -> None:
    """Those under way go on with the days they have. What the former release writes meanwhile says none."""
    op.add_column("sitting_correction", sa.Column("undo_until_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(AS_DECIDED)


def downgrade() -> None:
    """The decision further up still knows."""
    op.drop_column("sitting_correction", "undo_until_at")
