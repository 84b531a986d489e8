"""a person may name a second mailbox for copies of letters.

Revision ID: 2026_11_29_second_address
Revises: 2026_11_29_letters
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_second_address"
down_revision = "2026_11_29_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has named one yet."""
    op.create_table(
        "second_address",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_second_address_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", name="pk_second_address"),
    )


def downgrade() -> None:
    """Letters go to one address again."""
    op.drop_table("second_address")
