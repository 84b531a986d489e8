"""keep the phases of a recalibration, and which samples are a part of another.

Revision ID: 2026_11_28_norm_recalibration
Revises: 2026_11_28_norm_alarms
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_norm_recalibration"
down_revision = "2026_11_28_norm_alarms"
branch_labels = None
depends_on = None

OPEN = sa.text("progress IN ('waiting', 'running')")


def upgrade() -> None:
    """Add the table and the column; samples that exist are whole."""
    op.add_column("legacy_sample", sa.Column("is_part", sa.Boolean(), server_default=sa.false(), nullable=False))
    phases = sa.Enum(
        "sample", "calibration", "link", "drift", "draft", "preview", name="phase", native_enum=False, length=32
    )
    progress = sa.Enum(
        "waiting", "running", "done", "cancelled", "refused", name="progress", native_enum=False, length=32
    )
    op.create_table(
        "norm_recalibration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("progress", progress, nullable=False),
        sa.Column("phase", phases, nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("norm_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_text", sa.Text(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_norm_recalibration_{column}_{table}"))
            for column, table in (
                ("sample_id", "legacy_sample"),
                ("run_id", "calibration_run"),
                ("norm_id", "norm_version"),
                ("asked_by", "person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_recalibration")),
    )
    op.create_index(op.f("ix_norm_recalibration_norm_id"), "norm_recalibration", ["norm_id"])
    op.create_index(
        "uq_norm_recalibration_open",
        "norm_recalibration",
        ["skill"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    """Drop both; norms and samples stay."""
    op.drop_table("norm_recalibration")
    op.drop_column("legacy_sample", "is_part")
