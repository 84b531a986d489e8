"""describe skills in full: work situations, advice for development, and codes of LifeComp.

Revision ID: 2026_11_28_skill_descriptions
Revises: 2026_11_28_add_passkeys
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_skill_descriptions"
down_revision = "2026_11_28_add_passkeys"
branch_labels = None
depends_on = None

LISTS = ("situations", "development", "lifecomp")


def upgrade() -> None:
    """Add the columns; the default lets the former release go on writing skills without them."""
    for name in LISTS:
        op.add_column("skill", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("skill", sa.Column("lifecomp_version", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them again."""
    for name in ("lifecomp_version", *LISTS):
        op.drop_column("skill", name)
