"""keep a public log of what is issued, revoked and published, and its signed checkpoints.

Revision ID: 2026_11_28_public_log
Revises: 2026_11_28_add_comparisons
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_public_log"
down_revision = "2026_11_28_add_comparisons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables; what was issued before stands in the audit record alone."""
    op.create_table(
        "log_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_log_entry_kind")),
        sa.UniqueConstraint("number", name=op.f("uq_log_entry_number")),
    )
    op.create_index(op.f("ix_log_entry_at"), "log_entry", ["at"])
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("verifier_key", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )


def downgrade() -> None:
    """Drop them again; whoever kept a copy of the log still has it."""
    op.drop_table("log_checkpoint")
    op.drop_index(op.f("ix_log_entry_at"), table_name="log_entry")
    op.drop_table("log_entry")
