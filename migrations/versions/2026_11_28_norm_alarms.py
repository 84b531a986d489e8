"""keep what the nightly watch sees of each norm, and the alarms that it raises.

Revision ID: 2026_11_28_norm_alarms
Revises: 2026_11_28_public_log
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_norm_alarms"
down_revision = "2026_11_28_public_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables; the first look fills them."""
    op.create_table(
        "norm_watch",
        sa.Column("norm_id", sa.Uuid(), nullable=False),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["norm_id"], ["norm_version.id"], name=op.f("fk_norm_watch_norm_id_norm_version")),
        sa.PrimaryKeyConstraint("norm_id", name=op.f("pk_norm_watch")),
    )
    op.create_table(
        "norm_alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("norm_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("share", "leak", "exposure", "pace", "formats", name="alarmkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (reason IS NULL)", name=op.f("ck_norm_alarm_closed_with_reason")),
        sa.ForeignKeyConstraint(["norm_id"], ["norm_version.id"], name=op.f("fk_norm_alarm_norm_id_norm_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_alarm")),
        sa.UniqueConstraint("norm_id", "kind", "subject", "period", name="uq_norm_alarm_once"),
    )
    op.create_index(op.f("ix_norm_alarm_norm_id"), "norm_alarm", ["norm_id"])


def downgrade() -> None:
    """Drop them again; the next look finds what still stands."""
    op.drop_table("norm_alarm")
    op.drop_table("norm_watch")
