"""remember reminders of expiry, who wants none, and which credential renews which.

Revision ID: 2026_11_28_expiry_reminders
Revises: 2026_11_28_key_compromise
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_expiry_reminders"
down_revision = "2026_11_28_key_compromise"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables and the link."""
    op.create_table(
        "expiry_reminder",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_expiry_reminder_credential_id_credential")
        ),
        sa.PrimaryKeyConstraint("credential_id", "days", name=op.f("pk_expiry_reminder")),
    )
    op.create_table(
        "reminder_opt_out",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_opt_out_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminder_opt_out")),
    )
    with op.batch_alter_table("credential") as batch_op:
        batch_op.add_column(sa.Column("renews_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_credential_renews_id_credential"), "credential", ["renews_id"], ["id"])
        batch_op.create_index(op.f("ix_credential_renews_id"), ["renews_id"])


def downgrade() -> None:
    """Drop them again."""
    with op.batch_alter_table("credential") as batch_op:
        batch_op.drop_index(op.f("ix_credential_renews_id"))
        batch_op.drop_constraint(op.f("fk_credential_renews_id_credential"), type_="foreignkey")
        batch_op.drop_column("renews_id")
    op.drop_table("reminder_opt_out")
    op.drop_table("expiry_reminder")
