"""what was typed into a form outlasts a proof that has lapsed.

Revision ID: 2026_11_30_kept_forms
Revises: 2026_11_30_kinds_correlation
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_kept_forms"
down_revision = "2026_11_30_kinds_correlation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: the former release keeps nothing of what was typed."""
    op.create_table(
        "kept_form",
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", "path", name="pk_kept_form"),
    )
    op.create_index("ix_kept_form_kept_until_at", "kept_form", ["kept_until_at"])


def downgrade() -> None:
    """The former release asks for it once more."""
    op.drop_table("kept_form")
