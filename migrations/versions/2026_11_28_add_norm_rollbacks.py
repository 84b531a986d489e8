"""let two people put a former norm in force again.

Revision ID: 2026_11_28_add_norm_rollbacks
Revises: 2026_11_28_shares_and_challenges
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_norm_rollbacks"
down_revision = "2026_11_28_shares_and_challenges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A norm that came back says since when; each rollback says who asked and who confirmed."""
    op.add_column("norm_version", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "norm_rollback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("norm_id", sa.Uuid(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=False),
        sa.Column("former_sha256", sa.String(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "leaked-items",
                "sample-faulty",
                "numbers-faulty",
                "other",
                name="rollbackreason",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("confirmed_by <> asked_by", name=op.f("ck_norm_rollback_two_people")),
        sa.ForeignKeyConstraint(["norm_id"], ["norm_version.id"], name=op.f("fk_norm_rollback_norm_id_norm_version")),
        sa.ForeignKeyConstraint(
            ["former_id"], ["norm_version.id"], name=op.f("fk_norm_rollback_former_id_norm_version")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_norm_rollback_asked_by_person")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_norm_rollback_confirmed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_rollback")),
    )
    op.create_index(op.f("ix_norm_rollback_norm_id"), "norm_rollback", ["norm_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_norm_rollback_norm_id"), table_name="norm_rollback")
    op.drop_table("norm_rollback")
    op.drop_column("norm_version", "restored_at")
