"""keep to which group and block each person of a sample belongs, for previews.

Revision ID: 2026_11_28_add_sample_labels
Revises: 2026_11_28_add_norm_rollbacks
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_sample_labels"
down_revision = "2026_11_28_add_norm_rollbacks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_label",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_block", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["legacy_sample.id"], name=op.f("fk_sample_label_sample_id_legacy_sample")
        ),
        sa.PrimaryKeyConstraint("sample_id", "name", name=op.f("pk_sample_label")),
    )


def downgrade() -> None:
    op.drop_table("sample_label")
