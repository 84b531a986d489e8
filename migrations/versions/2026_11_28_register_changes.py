"""change one certificate in the register by two people: its revocation reversed, moved to another account, and so on.

Revision ID: 2026_11_28_register_changes
Revises: 2026_11_28_use_counts
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_register_changes"
down_revision = "2026_11_28_use_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; a result may have withdrawn awards beside its standing one, a sitting former credentials."""
    op.create_table(
        "register_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("applied_by <> asked_by", name=op.f("ck_register_change_two_people")),
        sa.CheckConstraint(
            "applied_at IS NULL OR dropped_at IS NULL", name=op.f("ck_register_change_applied_or_dropped")
        ),
        sa.CheckConstraint(
            "(kind = 'move') = (to_person_id IS NOT NULL)", name=op.f("ck_register_change_moved_to_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_register_change_credential_id_credential")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_register_change_{column}_person"))
            for column in ("to_person_id", "asked_by", "applied_by", "dropped_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_change")),
    )
    op.create_index("ix_register_change_credential", "register_change", ["credential_id"])
    op.create_index(op.f("ix_register_change_to_person_id"), "register_change", ["to_person_id"])
    with op.batch_alter_table("credential") as batch_op:
        batch_op.add_column(sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(op.f("uq_credential_sitting_id"), type_="unique")
        batch_op.create_index(op.f("ix_credential_sitting_id"), ["sitting_id"])
    with op.batch_alter_table("award") as batch_op:
        batch_op.drop_constraint(op.f("uq_award_result_id"), type_="unique")
        batch_op.create_index(op.f("ix_award_result_id"), ["result_id"])
    for name, table, column, ended_at in (
        ("uq_award_standing", "award", "result_id", "withdrawn_at"),
        ("uq_credential_standing", "credential", "sitting_id", "revoked_at"),
    ):
        stands = sa.column(ended_at).is_(None)
        op.create_index(name, table, [column], unique=True, sqlite_where=stands, postgresql_where=stands)


def downgrade() -> None:
    """Drop it again; where a certificate was moved meanwhile, the former uniqueness refuses."""
    op.drop_index("uq_credential_standing", table_name="credential")
    op.drop_index("uq_award_standing", table_name="award")
    with op.batch_alter_table("award") as batch_op:
        batch_op.drop_index(op.f("ix_award_result_id"))
        batch_op.create_unique_constraint(op.f("uq_award_result_id"), ["result_id"])
    with op.batch_alter_table("credential") as batch_op:
        batch_op.drop_index(op.f("ix_credential_sitting_id"))
        batch_op.create_unique_constraint(op.f("uq_credential_sitting_id"), ["sitting_id"])
        batch_op.drop_column("reversed_at")
    op.drop_table("register_change")
